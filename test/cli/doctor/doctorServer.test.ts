import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import { readTrustState, writeTrustState } from '../../../client/agent/trustState.ts'
import { type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'
import { bundlePlace, trustWorld } from '../../client/agent/trustWorld.ts'
import { problemReply } from '../../client/serve.ts'
import { type ExpectedFindings, expectFindings } from './expectFindings.ts'
import { examine } from './keptWorld.ts'

let bench: BundleWorld
let stranger: BundleWorld
let bundles: readonly [first: string, second: string, tainted: string]
beforeAll(async () => {
  const now = new Date()
  ;[bench, stranger] = [await createBundleWorld('ES256', now), await createBundleWorld('ES256', now)]
  bundles = [bench.jws, await bench.stageIssuer('root 2'), await bench.taint('root 2')]
})
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await stranger[Symbol.asyncDispose]()
})

/** How it is examined, and how that ends. */
interface Examined {
  readonly exitCode?: number
  readonly more?: readonly string[]
  readonly hours?: number
}

/** A server that installed the first bundle, now, and loaded it by its hook. */
const server = async (installed = 0) => {
  const place = await bundlePlace(bundles[installed])
  const trust = await trustWorld(bench, [place])
  const { folder, spec, world, hook } = trust
  world.now = () => new Date()
  const lookAgain = () => trust.look()
  const { error } = await lookAgain()
  expect(error).toBeUndefined()
  const script = join(folder, '..', 'reload')
  await writeFile(script, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  const words = ['--server', '--url', place.url, '--tenant', spec.tenant, '--out', folder]
  const own = [...words, '--on-trust-change', script]
  return {
    folder,
    place,
    hook,
    script,
    lookAgain,
    finds: async (
      expected: ExpectedFindings,
      { more = [], hours = 0, exitCode = exitCodes.refused }: Examined = {},
    ) => {
      const now = () => new Date(Date.now() + hours * 3_600_000)
      const diagnosis = await examine(join(folder, '..'), [...own, ...more], { now })
      expectFindings(diagnosis.findings, expected, { more: true })
      expect(diagnosis.exitCode).toBe(exitCode)
      return diagnosis
    },
    /** Changes what the agent remembers. */
    remember: async (change: Partial<Awaited<ReturnType<typeof readTrustState>>>) => {
      await writeTrustState(folder, { ...(await readTrustState(folder, spec.tenant)), ...change })
    },
  }
}

describe('mayfly doctor --server', () => {
  it('finds a server that is well', async () => {
    const { finds, place } = await server()
    const expected = {
      'trust-folder ok': /^nobody but its owner/,
      'trust-bundle ok': /^bundle 1, issued at 20.*, is signed by root~0001, which is trusted here$/,
      'trust-files ok': 'they are what the bundle says',
      'trust-age ok': /^confirmed at 20.*, to be asked every \d+ s$/,
      'trust-issuers ok': /root~0001 \(active\) until 20\d\d-\d\d-\d\d/,
      'trust-hook ok': /reload can be run/,
      'trust-loaded ok': 'servers loaded bundle 1',
      'trust-place ok': { detail: 'it has bundle 1, the last that is known of', subject: place.url },
      'network-clock ok': /^within 60 s/,
    }
    const { findings } = await finds(expected, { exitCode: exitCodes.ok })
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
  })

  it('tells that nothing was installed, and makes nothing', async () => {
    const { folder, finds } = await server()
    await rm(folder, { recursive: true })
    const expected = {
      'trust-folder problem': { remedy: /^Start what keeps it/ },
      'trust-bundle problem': 'no bundle is installed',
      'trust-place not checked': { remedy: /anchors in mayfly\.toml, or --anchor/ },
    }
    await finds(expected)
    await expect(readFile(join(folder, 'trust.jws'))).rejects.toThrow('ENOENT')
    await finds(
      { 'trust-place warning': /^it has bundle 1, and none is installed$/ },
      { more: ['--anchor', bench.root(1).digest] },
    )
  })

  it('tells of files that somebody changed by hand, and leaves them', async () => {
    const { folder, finds } = await server()
    const pem = join(folder, 'trust.pem')
    await writeFile(pem, 'mine')
    await writeFile(join(folder, 'certificates', 'mine.pem'), 'mine')
    await finds({
      'trust-files problem': { detail: 'not what the bundle says: trust.pem', remedy: /by hand/ },
      'trust-files warning': 'beside the certificates of the bundle: certificates/mine.pem',
    })
    expect(await readFile(pem, 'utf8')).toBe('mine')
  })

  it.each(['certificates/mine.pem', 'issuers/0a1b2c3d.7'])(
    'tells of %s beside those of the bundle',
    async (name) => {
      const { folder, finds } = await server()
      await writeFile(join(folder, name), 'mine')
      const expected = { 'trust-files warning': `beside the certificates of the bundle: ${name}` }
      await finds(expected, { exitCode: exitCodes.ok })
    },
  )

  it('tells of a bundle that does not verify, and of a folder that others can write to', async () => {
    const [altered, shared] = [await server(), await server()]
    await writeFile(join(altered.folder, 'trust.jws'), bundles[0].replace(/\.[^.]*$/, '.AAAA'))
    const expected = { 'trust-bundle problem': /signature does not verify/, 'trust-files not checked': {} }
    await altered.finds(expected)
    await chmod(shared.folder, 0o777)
    await shared.finds({
      'trust-folder problem': /others can write to/,
      'trust-bundle problem': /others can write to/,
    })
  })

  it('tells of a hook that failed, since when, and which files servers have', async () => {
    const { place, hook, lookAgain, finds } = await server()
    place.jws = bundles[1]
    hook.answers.push('ended with 7', undefined)
    await lookAgain()
    const detail =
      /^the hook ended with 7 for bundle 2, 1 times since 20.*; servers have the files of bundle 1$/
    await finds({ 'trust-loaded problem': { detail, remedy: /^Run the hook by hand/ }, 'trust-files ok': {} })
  })

  it.skipIf(process.platform === 'win32')(
    'tells of a hook that others can change, or that is none',
    async () => {
      const { script, finds } = await server()
      await chmod(script, 0o777)
      await finds({ 'trust-hook problem': /others can write to it/ })
      await rm(script)
      await finds({ 'trust-hook problem': /cannot be found \(ENOENT\)/ })
    },
  )

  it('tells of a bundle that nobody asked for in a while', async () => {
    const { remember, finds } = await server()
    const confirmedAt = new Date(Date.now() - 5 * 3_600_000).toISOString()
    await remember({ confirmedAt, nextAt: confirmedAt })
    const warned = { 'trust-age warning': { detail: /^confirmed at 20/, remedy: /^Start what keeps it/ } }
    await finds(warned, { exitCode: exitCodes.ok })
    const lastError = { code: 'fault', detail: 'ENOSPC', since: confirmedAt, at: confirmedAt } as const
    await remember({ confirmedAt: new Date(Date.now() - 48 * 3_600_000).toISOString(), lastError })
    await finds({ 'trust-age problem': /: ENOSPC \(since 20/ })
  })

  it('tells of issuers that end', async () => {
    const { finds } = await server()
    const years = (count: number) => ({ hours: count * 365 * 24 })
    await finds({ 'trust-issuers problem': /one that is in use has ended$/ }, years(30))
  })
})

describe('mayfly doctor --server on places', () => {
  const mirrored = async (jws: string | undefined) => {
    const own = await server(1)
    const mirror = await bundlePlace(jws)
    const more = ['--mirror', mirror.url]
    return { ...own, mirror, more }
  }

  it('names a mirror that is behind, and one that has been for an hour', async () => {
    const { mirror, more, finds, remember } = await mirrored(bundles[0])
    const behind = {
      subject: mirror.url,
      detail: 'it has bundle 1, and 2 is in force',
      remedy: /does not copy/,
    }
    await finds({ 'trust-place warning': behind }, { more, exitCode: exitCodes.ok })
    const behindSince = new Date(Date.now() - 2 * 3_600_000).toISOString()
    await remember({ places: [{ name: mirror.url, behindSince }] })
    const frozen = { subject: mirror.url, detail: /^it has bundle 1, and 2 is in force; behind since 20/ }
    await finds({ 'trust-place problem': frozen }, { more })
  })

  it('names a mirror that is not behind this server, but behind the service', async () => {
    const { mirror, place, more, finds } = await mirrored(bundles[1])
    place.jws = bundles[2]
    const expected = {
      'trust-place warning': [
        { subject: mirror.url, detail: 'it has bundle 2, and 3 is in force' },
        { subject: place.url, detail: 'it has bundle 3, and 2 is installed' },
      ],
    }
    await finds(expected, { more, exitCode: exitCodes.ok })
  })

  it('names the service as behind its own word', async () => {
    const { place, remember, finds } = await server()
    await remember({ currentSequence: 9 })
    const behind = { subject: place.url, detail: 'it has bundle 1, and 9 is in force' }
    await finds({ 'trust-place warning': behind }, { exitCode: exitCodes.ok })
  })

  it.each<readonly [string, () => string, RegExp]>([
    ["another tenant's bundle", () => stranger.jws, /not among those trusted here/],
    ['what nobody signed', () => bundles[2].replace(/\.[^.]*$/, '.AAAA'), /signature does not verify/],
  ])('names a mirror that serves %s', async (_, lie, detail) => {
    const { mirror, more, finds } = await mirrored(lie())
    await finds({ 'trust-place problem': { subject: mirror.url, detail } }, { more })
  })

  it('looks at the way to each, and goes on with those that answer', async () => {
    const { mirror, place, more, finds } = await mirrored(undefined)
    const expected = {
      'network-service problem': { subject: new URL(mirror.url).host },
      'network-service ok': { subject: new URL(place.url).host },
      'trust-place not checked': { subject: mirror.url, remedy: 'Mend network-service first.' },
      'trust-place ok': { subject: place.url },
    }
    await finds(expected, { more })
    // One of them can be connected to: that nothing answers is not the matter.
    const closed = { 'network-connection problem': { subject: '127.0.0.1:9' } }
    await finds(closed, { more: ['--mirror', 'http://127.0.0.1:9'] })
  })
})

describe('mayfly doctor --server on the relying party', () => {
  const party = async (mode = 0o600) => {
    const own = await server()
    const secretFile = join(own.folder, '..', 'secret')
    await writeFile(secretFile, 'c2VjcmV0\n')
    await chmod(secretFile, mode)
    return { ...own, more: ['--relying-party', 'vpn', '--secret-file', secretFile] }
  }

  it.each([
    [
      401,
      'relying-party-refused',
      'problem',
      /does not take vpn by the secret of .*secret$/,
      /mayfly relying-party add/,
    ],
    [
      404,
      'bundle-unknown',
      'warning',
      /takes vpn by its secret; nothing was reported yet, and 1 is installed$/,
      /trust-loaded/,
    ],
    [503, 'tables-unavailable', 'problem', /detail of tables-unavailable/, /Retry-After/],
  ] as const)('tells that the service says %i %s', async (status, code, found, detail, remedy) => {
    const { place, more, finds } = await party()
    place.reply = ({ method }) => (method === 'POST' ? problemReply(status, code) : { body: bundles[0] })
    const exitCode = found === 'problem' ? exitCodes.refused : exitCodes.ok
    const { text } = await finds({ [`relying-party ${found}`]: { detail, remedy } }, { more, exitCode })
    expect(text).not.toContain('c2VjcmV0')
    const asked = place.received.filter(({ method }) => method === 'POST')
    expect(asked.map(({ body }) => body)).toEqual([JSON.stringify({ sha256: '0'.repeat(64) })])
  })

  it('tells what was reported last', async () => {
    const { place, more, finds, remember } = await party()
    await remember({ reported: { sequence: 1, at: '2026-03-02T10:00:00Z' } })
    place.reply = ({ method }) =>
      method === 'POST' ? problemReply(404, 'bundle-unknown') : { body: bundles[0] }
    const expected = { 'relying-party ok': /its secret; bundle 1 was reported at 2026-03-02T10:00:00Z$/ }
    await finds(expected, { more, exitCode: exitCodes.ok })
  })

  it.skipIf(process.platform === 'win32')('tells of a secret that others can read', async () => {
    const { more, finds } = await party(0o644)
    await finds({ 'relying-party problem': { detail: /its mode is 0644/, remedy: /chmod 600/ } }, { more })
  })
})

describe('mayfly doctor --server with a configuration', () => {
  it('looks at its bundles, takes no options beside it, and no file without one', async () => {
    const { folder, place } = await server()
    const root = join(folder, '..')
    const file = join(root, 'mayfly.toml')
    const top = `url = "${place.url}"\ntenant = "${bench.tenant}"\n`
    await writeFile(file, `${top}[[bundles]]\nfolder = "trust"\nmirrors = [{ url = "${place.url}" }]\n`)
    const words = ['--server', '--config', file]
    const { findings, exitCode } = await examine(root, words)
    const expected = {
      'service-definition warning': { remedy: new RegExp(`mayfly agent install --config "${file}"`) },
      'trust-place ok': [{}, {}],
      'trust-loaded not checked': { remedy: /on-trust-change/ },
    }
    expectFindings(findings, expected)
    expect(exitCode).toBe(exitCodes.ok)
    const variables = { MAYFLY_URL: 'x', MAYFLY_TENANT: 'y', MAYFLY_OUT: 'z', MAYFLY_STORE: 'none' }
    expectFindings((await examine(root, words, { variables })).findings, expected)
    const named = await examine(root, ['--server'], { variables: { ...variables, MAYFLY_CONFIG: file } })
    expectFindings(named.findings, expected)
    await expect(examine(root, [...words, '--out', 'a'])).toRefuse('usage-wrong', /take --out beside /)
    const token = 'token = { kind = "file", file = "t" }'
    await writeFile(file, `${top}[[credentials]]\nfolder = "a"\n${token}\n`)
    await expect(examine(root, words)).toRefuse('usage-wrong', /keeps no bundle/)
  })
})
