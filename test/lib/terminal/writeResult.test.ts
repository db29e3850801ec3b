import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { addRelyingParty, listRelyingParties } from '../../../lib/authority/adopt/relyingParty.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { testTables } from '../../azurite.ts'
import { serve } from '../../client/serve.ts'
import { testAuthority } from '../../client/testAuthority.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { applyDocument, partyTester } from '../../world.ts'
import { runCommand, testDeployment } from '../../cli/runCommand.ts'
import { runMayfly } from '../../cli/runMayfly.ts'
import { testDocument } from '../../cli/testDocument.ts'

const now = new Date()
beforeAll(() => testTables(now))

const authority = testAuthority()

const entry = fileURLToPath(new URL('../../../cli/mayfly.ts', import.meta.url))
const mayfly = `'${process.execPath}' '${entry}'`

/** A folder with a deployment and a tenant. */
const bench = async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, '.mayfly'))
  await writeFile(join(folder, '.mayfly', 'local.json'), JSON.stringify(testDeployment(folder)))
  const tables = await testTables(now)
  const document = testDocument()
  await applyDocument(tables, document)
  const { tenant } = document
  const listed = async () => (await listRelyingParties(tables, parseTenantId(tenant))).map(({ name }) => name)
  return { folder, tables, tenant, listed, add: `relying-party add --tenant ${tenant} --name vpn-1` }
}

/** Runs a line of a shell. */
const shell = (folder: string, line: string) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    execFile('bash', ['-c', line], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })

/** Runs a command at a terminal of its own, and types this once it asks. @returns what the terminal showed. */
const typed = (folder: string, args: string, keys: string) =>
  new Promise<{ readonly code: number | null; readonly shown: string }>((resolve, reject) => {
    const terminal = ['-q', '-e', '-c', `${mayfly} ${args}`, '/dev/null']
    const child = spawn('script', terminal, { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] })
    let shown = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const isAsked = shown.includes('[y/N]')
      shown += chunk.toString()
      if (!isAsked && shown.includes('[y/N]')) child.stdin.write(keys)
    })
    child.once('error', reject).once('exit', (code) => resolve({ code, shown }))
  })

describe.runIf(process.platform === 'linux')('mayfly, when its output goes nowhere,', () => {
  it.each([
    ['> /dev/full', 1, /Cannot write the result: ENOSPC\. vpn-1 is not listed\./],
    ['--json > /dev/full', 1, /"code":"output-lost".*vpn-1 is not listed\./],
    ['> /dev/null', 1, /standard output leads nowhere\. vpn-1 is not listed/],
    ['>&-', 1, /standard output leads nowhere\. vpn-1 is not listed/],
    ['| true; exit ${PIPESTATUS[0]}', 1, /EPIPE\. vpn-1 is not listed/],
    ['2> /dev/full > secret', 0, /^$/],
  ])('lists nobody whose secret is lost: %s', async (redirection, code, told) => {
    const { folder, add, listed } = await bench()
    const ended = await shell(folder, `${mayfly} ${add} ${redirection}`)
    expect({ ...ended, stderr: '' }).toEqual({ code, stdout: '', stderr: '' })
    expect(ended.stderr).toMatch(told)
    expect(await listed()).toEqual(code === 0 ? ['vpn-1'] : [])
  })

  it('ends with 1 for any other command, and with 0 where a reader has enough', async () => {
    const { folder, tenant } = await bench()
    const show = `tenant show --tenant ${tenant}`
    expect(await shell(folder, `${mayfly} ${show} > /dev/full`)).toMatchObject({ code: 1 })
    const help = await shell(folder, `${mayfly} help > /dev/full`)
    expect(help.code).toBe(1)
    expect(help.stderr).toContain('output-lost')
    expect(await shell(folder, `${mayfly} tenant > /dev/null 2> /dev/full`)).toMatchObject({ code: 2 })
    const cut = await shell(folder, `${mayfly} ${show} | true; exit \${PIPESTATUS[0]}`)
    expect(cut).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

describe('mayfly, when a text would command the terminal,', () => {
  const rude = 'a\u001b[31m\u009b31m\u007f\u202e\rb'

  it('escapes it on standard output, as JSON too', async () => {
    const { folder, add } = await bench()
    const { code, stdout } = await runMayfly(folder, [...add.split(' '), '--secret-out', rude])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'vpn-1 is listed; its secret is in a\\u{1b}[31m\\u{9b}31m\\u{7f}\\u{202e}\\u{0d}b\n',
    })
    const second = [...add.replace('vpn-1', 'vpn-2').split(' '), '--secret-out', `${rude}2`, '--json']
    const json = await runMayfly(folder, second)
    expect(json.stdout).not.toMatch(/[^\n\x20-\x7e]/)
    expect(JSON.parse(json.stdout)).toMatchObject({ secretFile: `${rude}2` })
  })

  it('escapes it on standard error, as JSON too, in what the operating system says', async () => {
    const folder = await temporaryFolder()
    const { url } = await serve(({ body }) => ({ body: authority.reply(body) }))
    await writeFile(join(folder, 'ada.jwt'), 'a.b.c')
    // What was to be replaced by a file is a folder.
    await mkdir(join(folder, rude, 'chain.pem'), { recursive: true, mode: 0o700 })
    const args = ['enroll', '--url', url, '--tenant', 't', '--token-file', 'ada.jwt', '--out', rude]
    for (const asJson of [[], ['--json']]) {
      const { code, stderr } = await runMayfly(folder, [...args, ...asJson])
      expect(code).toBe(1)
      expect(stderr).not.toMatch(/[^\n\x20-\x7e]/)
      expect(stderr).toMatch(/EISDIR.*\[31m/)
    }
  })
})

describe.runIf(process.platform === 'linux')('mayfly, when it asks,', () => {
  it.each([
    ['Ctrl-C', '\u0003', 2],
    ['Ctrl-D', '\u0004', 2],
    ['yes', 'y\r', 0],
  ])('takes %s for what it is', async (_, keys, code) => {
    const { folder, tables, tenant, listed } = await bench()
    const party = { tenant: parseTenantId(tenant), name: 'vpn-1', secret: 's' }
    await addRelyingParty(tables, party, partyTester(new Date()))
    const ended = await typed(folder, `relying-party remove --tenant ${tenant} --name vpn-1`, keys)
    expect(ended.code).toBe(code)
    expect(await listed()).toEqual(code === 0 ? [] : ['vpn-1'])
    if (code === 0) return
    expect(ended.shown).toMatch(/\nmayfly: Cannot go on: the plan was not confirmed\.\r?\n/)
    expect(ended.shown).not.toMatch(/Error|\bat .*\.ts/)
  })
})

describe.skipIf(process.platform === 'win32')('mayfly, where an option says to write,', () => {
  const options = (tenant: string): Readonly<Record<string, 'file' | 'folder'>> => ({
    'enroll --tenant t --token-file t --out': 'folder',
    'trust fetch --tenant t --out': 'folder',
    [`authority export --tenant ${tenant} --out`]: 'folder',
    [`ledger export --tenant ${tenant} --out`]: 'file',
    [`relying-party add --tenant ${tenant} --name vpn-1 --secret-out`]: 'file',
    [`authority stage-issuer --tenant ${tenant} --csr-out`]: 'file',
  })

  const wrong = {
    file: ['-', 'fifo', '/dev/null', '.mayfly', 'none/x', 'file/x', 'folder/'],
    folder: ['-', 'fifo', '/dev/null', 'file', 'file/x'],
  } as const

  it('refuses what is no place for it with words, and leaves nothing behind', async () => {
    const { folder, tenant, listed } = await bench()
    await writeFile(join(folder, 'file'), 'mine')
    execFileSync('mkfifo', [join(folder, 'fifo')])
    const before = (await readdir(folder)).sort()
    const deployment = testDeployment(folder)
    for (const [command, kind] of Object.entries(options(tenant)))
      for (const place of wrong[kind]) {
        const path = place.startsWith('/') || place === '-' ? place : `${folder}/${place}`
        const run = runCommand([...command.split(' '), path], deployment)
        await expect(run, `${command} ${place}`).toRefuse(
          'usage-wrong',
          /^Cannot write to .* \(--(out|secret-out|csr-out)\): .{10,}/,
        )
      }
    expect((await readdir(folder)).sort()).toEqual(before)
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('mine')
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
    expect(await listed()).toEqual([])
  })
})
