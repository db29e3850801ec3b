import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { unconfirmedSeconds } from '../../../client/agent/bundleStatus.ts'
import { readTrustState, writeTrustState, type TrustState } from '../../../client/agent/trustState.ts'
import { bundlePlace, trustWorld } from '../../client/agent/trustWorld.ts'
import { type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'

let bench: BundleWorld
let first: string
let second: string
beforeAll(async () => {
  bench = await createBundleWorld('ES256', new Date())
  first = bench.jws
  second = await bench.stageIssuer('root 2')
})
afterAll(() => bench[Symbol.asyncDispose]())

const hour = 3_600_000

/** A server that installed the first bundle just now, and the configuration of its agent. */
const server = async () => {
  const place = await bundlePlace(first)
  const trust = await trustWorld(bench, [place])
  const { folder, spec, hook } = trust
  trust.world.now = () => new Date()
  expect((await trust.look()).error).toBeUndefined()
  const above = join(folder, '..')
  const config = join(above, 'mayfly.toml')
  const toml = `url = "${place.url}"\ntenant = "${spec.tenant}"\n[[bundles]]\nfolder = "trust"\n`
  await writeFile(config, toml, { mode: 0o600 })
  const status = (hours = 0, ...more: readonly string[]) =>
    runCommand(['agent', 'status', '--config', config, ...more], testDeployment(above), {
      now: () => new Date(Date.now() + hours * hour),
    })
  const remember = async (change: Partial<TrustState>) =>
    writeTrustState(folder, { ...(await readTrustState(folder, spec.tenant)), ...change })
  return { above, folder, config, toml, place, trust, hook, status, remember }
}

const at = (hours: number) => new Date(Date.now() + hours * hour).toISOString()

describe('mayfly agent status --config', () => {
  it('tells of a bundle that is in order', async () => {
    const { status, folder } = await server()
    const { text, json, exitCode } = await status()
    expect(exitCode).toBe(0)
    const bundle = { folder, state: 'current', sequence: 1, servedSequence: 1, frozen: [] }
    expect(json).toMatchObject({ credentials: [], bundles: [bundle] })
    for (const label of ['sequence', 'issued', 'last confirmed', 'next look'])
      expect(text).toMatch(new RegExp(`^${label} +\\S`, 'm'))
  })

  it('tells of one that no place confirmed for over a day', async () => {
    const { status } = await server()
    const young = await status(23)
    expect(young).toMatchObject({ exitCode: 0 })
    const { bundles } = young.json as { readonly bundles: readonly { readonly ageSeconds: number }[] }
    expect(Math.abs((bundles[0]?.ageSeconds ?? 0) - 23 * 3600)).toBeLessThan(120)
    const old = await status(25)
    expect(old).toMatchObject({ exitCode: 3, json: { bundles: [{ state: 'unconfirmed' }] } })
  })

  it('ends with 4 where the last look failed by what may pass, and tells what to do', async () => {
    const { status, trust, place } = await server()
    place.jws = undefined
    await trust.look()
    const { text, exitCode } = await status(25)
    expect(exitCode).toBe(4)
    expect(text).toMatch(/^last error +.*\(service-unavailable, since .*\)$/m)
    expect(text).toMatch(/^what to do +\S/m)
  })

  it('tells of a hook that failed, and of which bundle servers have', async () => {
    const { status, trust, hook, place } = await server()
    place.jws = second
    hook.answers = ['ended with 7']
    await trust.look()
    const { text, json, exitCode } = await status()
    expect(exitCode).toBe(4)
    const hookError = { why: 'ended with 7', isPutBack: true }
    expect(json).toMatchObject({
      bundles: [{ state: 'not-loaded', sequence: 2, servedSequence: 1, hookError }],
    })
    expect(text).toContain('2; servers have the files of 1')
    expect(text).toMatch(/^hook +failed: it ended with 7 \(since /m)
  })

  it('tells of a hook that failed for the files that are in place', async () => {
    const { status, remember } = await server()
    const failed = { isLoaded: false, sequence: 1, at: at(0), failures: 1, isPutBack: false }
    await remember({ hook: failed })
    const hookError = { why: 'failed', since: failed.at, isPutBack: false }
    expect((await status()).json).toMatchObject({
      bundles: [{ state: 'not-loaded', sequence: 1, servedSequence: 1, hookError }],
    })
  })

  it('names a place that has been behind for an hour', async () => {
    const { status, remember } = await server()
    const behind = (hours: number) => [
      { name: 'https://mirror.example', sequence: 1, behindSince: at(hours) },
    ]
    await remember({ currentSequence: 3, places: behind(-0.9) })
    expect((await status()).text).not.toContain('mirror.example')
    await remember({ currentSequence: 3, places: behind(-1.1) })
    const { text, json } = await status()
    expect(text).toMatch(/^behind +https:\/\/mirror\.example has bundle 1, and 3 is in force \(since /m)
    expect(json).toMatchObject({ bundles: [{ frozen: [{ name: 'https://mirror.example', newest: 3 }] }] })
  })

  it('relies on no folder that was altered, and tells of one that there is not yet', async () => {
    const { status, folder } = await server()
    await writeFile(join(folder, 'trust.jws'), 'a.b.c')
    const altered = await status()
    expect(altered).toMatchObject({ exitCode: 3, json: { bundles: [{ state: 'refused' }] } })
    await rm(folder, { recursive: true })
    const absent = await status()
    expect(absent).toMatchObject({ exitCode: 3, json: { bundles: [{ state: 'absent' }] } })
    expect(absent.text).toMatch(/^trust bundle +\S+\ntenant +\S+\nstate +absent$/)
  })

  it('names files that somebody altered, until a look puts them right', async () => {
    const { status, folder, trust } = await server()
    await writeFile(join(folder, 'issuers.pem'), 'altered')
    const { text, json, exitCode } = await status()
    expect(exitCode).toBe(3)
    expect(json).toMatchObject({ bundles: [{ state: 'altered', altered: ['issuers.pem'], sequence: 1 }] })
    expect(text).toMatch(/^altered files +issuers\.pem: not what the bundle says/m)
    await trust.look()
    expect(await status()).toMatchObject({ exitCode: 0, json: { bundles: [{ state: 'current' }] } })
  })

  it('tells of credentials before bundles; an option wins where there is one', async () => {
    const { status, config, toml, above } = await server()
    const credential = '[[credentials]]\nfolder = "ada"\ntoken = { kind = "file", file = "ada.jwt" }\n'
    await writeFile(config, toml + credential)
    await mkdir(join(above, 'bob'))
    expect(await status()).toMatchObject({
      exitCode: 3,
      json: {
        credentials: [{ folder: join(above, 'ada'), state: 'absent' }],
        bundles: [{ state: 'current' }],
      },
    })
    const bob = join(above, 'bob')
    expect((await status(0, '--out', bob)).json).toMatchObject({ credentials: [{ folder: bob }] })
    await writeFile(config, toml + credential + credential.replace('ada', 'eve'))
    await expect(status(0, '--out', bob)).rejects.toMatchObject({ code: 'usage-wrong' })
  })

  it.skipIf(process.platform === 'win32')('takes no credential of a store that is not here', async () => {
    const { status, config, toml } = await server()
    const token = 'token = { kind = "file", file = "ada.jwt" }'
    await writeFile(config, `${toml}[[credentials]]\nfolder = "ada"\nstore = "windows"\n${token}\n`)
    await expect(status()).toRefuse('usage-wrong', /--store windows is for Windows/)
  })

  it.each([
    ['status', /^Cannot tell what to show: give --config FILE or --out/],
    ['check', /^Cannot check a configuration: give --config FILE; there is no .*mayfly\.toml/],
  ])('wants to be told where to look, and so does agent check: %s', async (name, detail) => {
    vi.stubEnv('XDG_CONFIG_HOME', await temporaryFolder())
    onTestFinished(() => void vi.unstubAllEnvs())
    await expect(runCommand(['agent', name], testDeployment('.'))).toRefuse('usage-wrong', detail)
  })
})

describe('unconfirmedSeconds()', () => {
  it('is a day, or four times as long as a bundle says to ask again', () => {
    expect(unconfirmedSeconds({ refreshSeconds: 3_600 })).toBe(86_400)
    expect(unconfirmedSeconds({ refreshSeconds: 86_400 })).toBe(4 * 86_400)
  })
})

describe('mayfly agent check --online', () => {
  it('asks what a configuration names, and for no certificate', async () => {
    const { above, config, toml, place } = await server()
    const run = (...more: readonly string[]) =>
      runCommand(['agent', 'check', '--config', config, ...more], testDeployment(above), {
        now: () => new Date(),
      })
    await writeFile(
      config,
      `${toml}[[credentials]]\nfolder = "ada"\ntoken = { kind = "file", file = "ada.jwt" }\n`,
    )
    const before = place.received.length
    expect(await run()).toMatchObject({ text: expect.stringContaining('is right') as string })
    expect(place.received).toHaveLength(before)
    const { text, json, exitCode } = await run('--online')
    expect(exitCode).toBe(3)
    const { findings } = json as {
      readonly findings: readonly { readonly id: string; readonly status: string }[]
    }
    const statusOf = (id: string) => findings.find((one) => one.id === id)?.status
    expect(statusOf('configuration-file')).toBe('ok')
    expect(statusOf('network-connection')).toBe('ok')
    expect(statusOf('trust-place')).toBe('ok')
    expect(statusOf('token-source')).toBe('problem')
    expect(text).toContain('ada.jwt')
    expect(place.received.map(({ method }) => method)).not.toContain('POST')
  })

  it('tells faults of the file as they are, and asks nobody then', async () => {
    const { above, config, toml, place } = await server()
    await writeFile(config, `${toml}nonsense = 1\n`)
    const before = place.received.length
    const outcome = await runCommand(
      ['agent', 'check', '--config', config, '--online'],
      testDeployment(above),
    )
    expect(outcome).toMatchObject({ exitCode: 3, text: expect.stringContaining('nonsense') as string })
    expect(await runCommand(['agent', 'check', '--config', config], testDeployment(above))).toMatchObject({
      exitCode: 3,
      text: expect.stringMatching(/nonsense.*\n1 fault$/) as string,
    })
    expect(place.received).toHaveLength(before)
  })
})
