import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCommand } from '../cli/runCommand.ts'
import { exitCodeOf, exitCodes } from '../../cli/commandLine/exitCodes.ts'
import { keepTrust } from '../../client/agent/keepTrust.ts'
import { fetchTrust, type FetchTrustOptions } from '../../client/fetchTrust.ts'
import { trustFolder } from '../../client/trustFolder.ts'
import { claimedSigner } from '../../lib/bundle/verifyBundleSignature.ts'
import { sequenceOfFile } from '../../lib/authority/authorityEvent.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { freePort } from '../../local/freePort.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { testTime } from '../world.ts'
import { type BundleWorld, createBundleWorld } from './bundleWorld.ts'
import { listen, problemReply, type Received, type Reply, serve } from './serve.ts'

// Nobody waits in these tests.
vi.mock('node:timers/promises', () => ({
  setTimeout: vi.fn<typeof sleep>(async (_, value) => value as never),
}))

let bench: BundleWorld
/** The bundles in the order of their making; the roots roll over from 1 to 2, and 1 is tainted in the last. */
let bundles: { first: string; staged: string; rolled: string; signing: string; tainted: string }
let stranger: BundleWorld

beforeAll(async () => {
  ;[bench, stranger] = [await createBundleWorld(), await createBundleWorld()]
  bundles = {
    first: bench.jws,
    staged: await bench.stageIssuer('root 2'),
    rolled: await bench.activate('root 2'),
    signing: await bench.activate('issuer 2'),
    tainted: await bench.taint('root 1'),
  }
})

afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await stranger[Symbol.asyncDispose]()
})

/** The JSON in a JWS. */
const decode = (jws: string): string => Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')

const rootsOf = (jws: string) => (JSON.parse(decode(jws)) as { readonly roots: readonly object[] }).roots

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The order of the group of P-256, FIPS 186-5 with SP 800-186 section 3.2.1.3. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The same JWS with n - s in place of s, which verifies as well. */
const withOtherSignature = (jws: string): string => {
  const [header, content, signature = ''] = jws.split('.')
  const raw = Buffer.from(signature, 'base64url')
  const s = order - BigInt(`0x${raw.toString('hex', 32)}`)
  raw.write(s.toString(16).padStart(64, '0'), 32, 'hex')
  return `${header}.${content}.${raw.toString('base64url')}`
}

/** The names and contents of a folder, but for locks and what is remembered. */
const snapshot = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => !/^\/(lock|turn|sync\.json)/.test(file.slice(folder.length).replaceAll('\\', '/')))
  const contents = files.map(
    async (file) => [file.slice(folder.length), await readFile(file, 'latin1')] as const,
  )
  return Object.fromEntries(await Promise.all(contents))
}

/** A relying party with a folder of its own, in front of a service or mirror that answers what a test says. */
const relyingParty = async () => {
  const folder = join(await temporaryFolder(), 'trust')
  const state: { answer: (received: Received) => Reply | Promise<Reply> } = { answer: () => ({}) }
  const service = await serve((received) => state.answer(received))
  const fetchWith = (changes: Partial<FetchTrustOptions> = {}) =>
    fetchTrust({
      url: service.url,
      tenant: bench.tenant,
      folder,
      anchors: bench.expected.anchors,
      now: testTime,
      ...changes,
    })
  return {
    folder,
    service,
    state,
    fetchWith,
    /** Fetches, and reports to the same service unless another is named. */
    async fetchAs(credential: { readonly name: string; readonly secret: string }, url = service.url) {
      const world = { now: () => testTime, chance: () => 0, report: () => undefined }
      const places = [{ url: service.url }]
      const { anchors } = bench.expected
      const spec = { folder, tenant: bench.tenant, places, anchors, relyingParty: { ...credential, url } }
      const { error, isNew, bundle } = await keepTrust(spec, world, new AbortController().signal)
      if (error !== undefined || !bundle) throw error
      return { installed: isNew ? 'new' : 'unchanged', bundle }
    },
    /** Fetches what the service answers with, as the command does. */
    runFetch: (...args: readonly string[]) =>
      runCommand(
        ['trust', 'fetch', '--tenant', bench.tenant, '--out', folder, '--service', service.url, ...args],
        () => Promise.reject(new Error('Nobody asked for the deployment.')),
      ),
    /** Installs these bundles, one after the other. */
    async installed(...served: readonly string[]) {
      for (const jws of served) {
        state.answer = () => ({ body: jws })
        await fetchWith()
      }
    },
  }
}

describe('fetchTrust()', () => {
  it('installs the first bundle, every later one, and leaves the same one alone', async () => {
    const party = await relyingParty()
    const { state, fetchWith, service, folder } = party
    state.answer = () => ({ body: bundles.first })
    expect(await fetchWith()).toMatchObject({ installed: 'new', sequence: 1, previousSequence: undefined })
    expect(service.received[0]).toMatchObject({
      method: 'GET',
      path: `/v1/${bench.tenant}/trust.jws`,
      body: '',
    })
    expect(service.received[0]?.headers).not.toHaveProperty('if-none-match')
    expect(service.received[0]?.headers).not.toHaveProperty('authorization')
    const before = await snapshot(folder)
    expect(await fetchWith()).toMatchObject({ installed: 'unchanged', sequence: 1, previousSequence: 1 })
    expect(await snapshot(folder)).toEqual(before)
    state.answer = () => ({ body: bundles.staged })
    expect(await fetchWith()).toMatchObject({ installed: 'new', sequence: 2, previousSequence: 1 })
    expect(await readdir(join(folder, 'certificates'))).toContain('issuer~0002.pem')
  })

  it('asks whether there is another, and believes the service that there is none', async () => {
    const party = await relyingParty()
    await party.installed(bundles.first)
    const etag = `"${sha256(bundles.first)}"`
    party.state.answer = ({ headers }) => ({ status: headers['if-none-match'] === etag ? 304 : 500 })
    expect(await party.fetchWith()).toMatchObject({ installed: 'unchanged', sequence: 1 })
  })

  it('follows the roots as they roll over: root 2 signs once root 1 may not, and the installed bundle holds it', async () => {
    const party = await relyingParty()
    await party.installed(bundles.first, bundles.staged)
    await party.installed(bundles.rolled, bundles.signing)
    expect((await party.fetchWith()).bundle.signedBy).toBe(bench.root(1).digest)
    await party.installed(bundles.tainted)
    const { bundle } = await party.fetchWith()
    expect(bundle.signedBy).toBe(bench.root(2).digest)
    expect(bench.expected.anchors).not.toContain(bundle.signedBy)
    expect(await readdir(join(party.folder, 'certificates'))).toEqual(['issuer~0002.pem', 'root~0002.pem'])
  })

  it('may miss bundles in between', async () => {
    const party = await relyingParty()
    await party.installed(bundles.first, bundles.tainted)
    expect(await party.fetchWith()).toMatchObject({ sequence: 5 })
  })

  it('refuses what a tainted root signs, once the bundle without it is installed', async () => {
    const forged = await bench.sign(decode(bundles.signing).replace('"sequence":4', '"sequence":9'))
    const late = await relyingParty()
    await late.installed(bundles.first)
    late.state.answer = () => ({ body: forged })
    expect(await late.fetchWith()).toMatchObject({ installed: 'new', sequence: 9 })
    const party = await relyingParty()
    await party.installed(bundles.first, bundles.tainted)
    const before = await snapshot(party.folder)
    party.state.answer = () => ({ body: forged })
    // The pinned anchor, which is still in somebody's command line, is that of the tainted root.
    await expect(party.fetchWith()).toRefuse('trust-bundle-refused', /not among those trusted here/)
    expect(await snapshot(party.folder)).toEqual(before)
  })

  it('trusts nobody on first use without an anchor, and tells where to get one', async () => {
    const party = await relyingParty()
    party.state.answer = () => ({ body: bundles.first })
    await expect(party.fetchWith({ anchors: [] })).toRefuse(
      'usage-wrong',
      /--anchor.*mayfly authority status/,
    )
    expect(party.service.received).toEqual([])
    await expect(party.fetchWith({ anchors: ['ab'.repeat(32)] })).toRefuse('trust-bundle-refused')
    await expect(snapshot(party.folder)).rejects.toThrow(/ENOENT/)
  })

  it('sends nothing over plain http to another machine', async () => {
    const party = await relyingParty()
    const url = `http://0.0.0.0:${party.service.port}`
    await expect(party.fetchWith({ url })).toRefuse('usage-wrong', /must be https/)
    expect(party.service.received).toEqual([])
  })

  it('puts a tenant with odd characters into one segment of the path', async () => {
    const party = await relyingParty()
    await expect(party.fetchWith({ tenant: 'a/b?c#d' })).toRefuse('trust-bundle-refused')
    expect(party.service.received[0]?.path).toBe('/v1/a%2Fb%3Fc%23d/trust.jws')
  })

  it('writes what was changed beside trust.jws again, also when there is nothing new', async () => {
    const party = await relyingParty()
    await party.installed(bundles.first)
    const before = await snapshot(party.folder)
    await writeFile(join(party.folder, 'trust.pem'), 'planted')
    expect(await party.fetchWith()).toMatchObject({ installed: 'unchanged' })
    expect(await snapshot(party.folder)).toEqual(before)
  })

  it('refuses a folder whose trust.jws was changed before it asks anybody', async () => {
    const party = await relyingParty()
    await party.installed(bundles.first)
    const asked = party.service.received.length
    await writeFile(join(party.folder, 'trust.jws'), bundles.rolled.slice(0, -4))
    await expect(party.fetchWith()).toRefuse(
      'trust-bundle-refused',
      /trust\.jws: .*move it away and pin a root/,
    )
    expect(party.service.received).toHaveLength(asked)
  })

  it('installs the latest of two bundles, whoever is first, and leaves a folder that can be used', async () => {
    for (let round = 0; round < 10; round++) {
      const party = await relyingParty()
      await party.installed(bundles.first)
      const served = [bundles.staged, bundles.rolled]
      party.state.answer = () => ({ body: served.pop() ?? bundles.rolled })
      const outcomes = await Promise.all([party.fetchWith(), party.fetchWith()])
      expect(outcomes.map(({ sequence }) => sequence)).toContain(3)
      expect((await party.fetchWith()).sequence).toBe(3)
      const { json } = (await trustFolder(party.folder, bench.tenant).read()).installed ?? {}
      expect(json).toBe(decode(bundles.rolled))
    }
  })
})

describe('fetchTrust(), for anchors that did not sign trust.jws,', () => {
  /** What the service serves: trust.jws, and the bundle by each root. */
  const serveSigned =
    (main: string, ...signed: readonly string[]) =>
    ({ path = '' }: Received): Reply => {
      if (path.endsWith('/trust.jws')) return { body: main }
      const found = [main, ...signed].find((jws) => path.endsWith(`/trust/${claimedSigner(jws)}.jws`))
      return found === undefined ? problemReply(404, 'certificate-unknown') : { body: found }
    }

  it('takes the bundle as any root of it signed it', async () => {
    const anchors = ['ab'.repeat(32), bench.root(2).digest]
    const bySecond = await bench.sign(decode(bundles.first), { root: 2 })
    const party = await relyingParty()
    party.state.answer = serveSigned(bundles.first, bySecond)
    expect(await party.fetchWith({ anchors })).toMatchObject({ installed: 'new', sequence: 1 })
    const paths = party.service.received.map(({ path = '' }) => path.replace(/.*\/v1\/[^/]+/, ''))
    expect(paths).toEqual(['/trust.jws', ...anchors.map((anchor) => `/trust/${anchor}.jws`)])
    // From then on any root of the bundle may.
    expect(await party.fetchWith()).toMatchObject({ installed: 'unchanged', bundle: { jws: bundles.first } })
  })

  it('refuses a bundle that only holds a pinned root, which anybody can put into one', async () => {
    const party = await relyingParty()
    const forged = await stranger.sign(
      JSON.stringify({
        ...(JSON.parse(decode(bundles.first)) as object),
        roots: [
          ...rootsOf(bundles.first),
          ...rootsOf(stranger.jws).map((root) => ({ ...root, id: 'root~0009' })),
        ],
      }),
    )
    for (const answer of [serveSigned(forged), () => ({ body: forged })]) {
      party.state.answer = answer
      await expect(party.fetchWith()).toRefuse('trust-bundle-refused', /not among those trusted here/)
    }
  })

  describe('given by hand to a server that knows none of the roots left,', () => {
    /** The bundle that a tenant has which began anew. */
    const anew = (sequence: number) =>
      stranger.sign(
        JSON.stringify({ ...(JSON.parse(stranger.json) as object), tenant: bench.tenant, sequence }),
      )
    const newAnchors = () => [stranger.root(1).digest]

    it('installs what they signed, and nothing without them', async () => {
      const party = await relyingParty()
      await party.installed(bundles.first)
      const jws = await anew(9)
      party.state.answer = serveSigned(jws)
      await expect(party.fetchWith()).toRefuse('trust-bundle-refused', /not among those trusted here/)
      expect(await party.fetchWith({ newAnchors: newAnchors() })).toMatchObject({
        installed: 'new',
        sequence: 9,
        previousSequence: 1,
      })
      expect(await party.fetchWith()).toMatchObject({ installed: 'unchanged', sequence: 9 })
    })

    it('still refuses to go back', async () => {
      const party = await relyingParty()
      await party.installed(bundles.first, bundles.staged)
      const before = await snapshot(party.folder)
      for (const [sequence, why] of [
        [1, /an old one: its sequence is 1, 2 is installed/],
        [2, /a fork/],
      ] as const) {
        const jws = await anew(sequence)
        party.state.answer = serveSigned(jws)
        await expect(party.fetchWith({ newAnchors: newAnchors() })).toRefuse('trust-bundle-refused', why)
      }
      expect(await snapshot(party.folder)).toEqual(before)
    })

    it('takes nothing that the installed roots sign, nor a root that left the bundle before', async () => {
      const party = await relyingParty()
      await party.installed(bundles.first)
      party.state.answer = serveSigned(bundles.rolled)
      await expect(party.fetchWith({ newAnchors: newAnchors() })).toRefuse(
        'trust-bundle-refused',
        /not among/,
      )
      await party.installed(bundles.tainted)
      const former = [bench.root(1).digest]
      const forged = await bench.sign(decode(bundles.signing).replace('"sequence":4', '"sequence":9'))
      party.state.answer = serveSigned(forged)
      await expect(party.fetchWith({ newAnchors: former })).toRefuse(
        'trust-bundle-refused',
        /Cannot trust the root [\da-f]{64} anew: .*no root comes back/,
      )
    })
  })
})

const replaceAt = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`

const mirrors: readonly (readonly [string, () => Promise<Reply> | Reply, number])[] = [
  ['alters one byte of the header', () => ({ body: replaceAt(bundles.rolled, 40) }), exitCodes.refused],
  ['alters one byte of the content', () => ({ body: replaceAt(bundles.rolled, 5_000) }), exitCodes.refused],
  [
    'alters one byte of the signature',
    () => ({ body: replaceAt(bundles.rolled, bundles.rolled.length - 9) }),
    exitCodes.refused,
  ],
  ['replays an old bundle', () => ({ body: bundles.first }), exitCodes.refused],
  [
    "forks the bundle with a root's key",
    async () => ({ body: await bench.sign(decode(bundles.staged).replace('3600', '3601')) }),
    exitCodes.refused,
  ],
  ['serves the bundle of another tenant', () => ({ body: stranger.jws }), exitCodes.refused],
  [
    'serves a bundle of this tenant that a root of its own signed',
    async () => ({ body: await stranger.sign(decode(bundles.rolled)) }),
    exitCodes.refused,
  ],
  ['cuts the bundle short', () => ({ body: bundles.rolled.slice(0, -200) }), exitCodes.refused],
  ['serves nothing', () => ({ body: '' }), exitCodes.refused],
  ['serves without end', () => ({ body: 'A'.repeat(300 * 1024) }), exitCodes.refused],
  ['serves an error page as a bundle', () => ({ body: '<h1>It works!</h1>' }), exitCodes.tryLater],
  ['answers 404', () => problemReply(404, 'tenant-unknown'), exitCodes.refused],
  ['answers an error page', () => ({ status: 502, body: '<h1>Bad Gateway</h1>' }), exitCodes.tryLater],
  ['answers 204', () => ({ status: 204 }), exitCodes.tryLater],
]

describe('a mirror', () => {
  const attack = async (party: Awaited<ReturnType<typeof relyingParty>>, exitCode: number) => {
    const before = await snapshot(party.folder)
    const error = await party.runFetch().then(
      () => 'no error',
      (thrown: unknown) => thrown,
    )
    expect(exitCodeOf(error)).toBe(exitCode)
    expect(await snapshot(party.folder)).toEqual(before)
    party.state.answer = () => ({ body: bundles.rolled })
    expect(await party.fetchWith()).toMatchObject({ installed: 'new', sequence: 3 })
  }

  it.each(mirrors)('that %s changes nothing, and the command fails', async (_, answer, exitCode) => {
    const party = await relyingParty()
    await party.installed(bundles.first, bundles.staged)
    party.state.answer = answer
    await attack(party, exitCode)
  })

  it('that redirects is not followed, not even to the service itself', async () => {
    const party = await relyingParty()
    await party.installed(bundles.first, bundles.staged)
    const elsewhere = await serve(() => ({ body: bundles.rolled }))
    party.state.answer = ({ path = '' }) => ({ status: 302, headers: { location: elsewhere.url + path } })
    await attack(party, exitCodes.tryLater)
    expect(elsewhere.received).toEqual([])
  })

  it('that breaks off, or is not there, changes nothing', async () => {
    const party = await relyingParty()
    await party.installed(bundles.first)
    const before = await snapshot(party.folder)
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': bundles.rolled.length })
      response.write(bundles.rolled.slice(0, 900), () => response.destroy())
    })
    for (const port of [await listen(server), await freePort()])
      await expect(party.fetchWith({ url: `http://127.0.0.1:${port}` })).toRefuse('service-unavailable')
    expect(await snapshot(party.folder)).toEqual(before)
  })

  it('that answers 304 without having been asked is not believed', async () => {
    const party = await relyingParty()
    party.state.answer = () => ({ status: 304 })
    await expect(party.fetchWith()).toRefuse('service-not-reached', /status 304/)
  })
})

describe('fetchTrust(), for a relying party with a secret,', () => {
  const secret = 'WmFhX3NlY3JldA-_'
  const credential = { name: 'vpn.contoso', secret }

  /** A service that serves a bundle and records adoptions as Mayfly does. */
  const serving = (jws: string, sequence: number): ((received: Received) => Reply) => {
    const recorded = { relyingParty: credential.name, sequence }
    return ({ method }) => (method === 'POST' ? { body: recorded } : { body: jws })
  }

  const reported = (received: readonly Received[]) => received.filter(({ method }) => method === 'POST')

  it('tells the digest of the JSON that it installed, and tells it again when nothing changed', async () => {
    const party = await relyingParty()
    party.state.answer = serving(bundles.first, 1)
    const { bundle } = await party.fetchAs(credential)
    expect(await party.fetchAs(credential)).toMatchObject({ installed: 'unchanged' })
    const [first, second, ...more] = reported(party.service.received)
    expect(first?.path).toBe(`/v1/${bench.tenant}/adoptions`)
    expect(first?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from(`vpn.contoso:${secret}`).toString('base64')}`,
      'content-type': 'application/json',
    })
    expect(JSON.parse(first?.body ?? '')).toEqual({ sha256: sha256(decode(bundles.first)) })
    expect(bundle.sha256.json).toBe(sha256(decode(bundles.first)))
    expect(second?.body).toBe(first?.body)
    expect(more).toEqual([])
  })

  it('tells what the service knows, also when a mirror wrote the signature in other octets', async () => {
    const party = await relyingParty()
    const rewritten = withOtherSignature(bundles.first)
    expect(rewritten).not.toBe(bundles.first)
    party.state.answer = serving(rewritten, 1)
    const { bundle } = await party.fetchAs(credential)
    expect(bundle.jws).toBe(rewritten)
    const known = (digest: string) => sequenceOfFile(bench.world.tables, parseTenantId(bench.tenant), digest)
    expect(await known(bundle.sha256.jws)).toBeUndefined()
    const [report] = reported(party.service.received)
    const told = JSON.parse(report?.body ?? '') as { readonly sha256: string }
    expect(await known(told.sha256)).toBe(1)
  })

  it('sends its secret nowhere but with the report', async () => {
    const party = await relyingParty()
    party.state.answer = serving(bundles.first, 1)
    await party.fetchAs(credential)
    const [get] = party.service.received
    expect(get?.headers).not.toHaveProperty('authorization')
    expect(JSON.stringify(await snapshot(party.folder))).not.toContain(secret)
  })

  it('sends its secret to the service alone, and not to the mirror that it fetches from', async () => {
    const mirror = await relyingParty()
    mirror.state.answer = serving(bundles.first, 1)
    const service = await serve(serving(bundles.first, 1))
    await mirror.fetchAs(credential, `${service.url}/behind`)
    expect(mirror.service.received.map(({ method }) => method)).toEqual(['GET'])
    expect(service.received.map(({ method, path }) => [method, path])).toEqual([
      ['POST', `/behind/v1/${bench.tenant}/adoptions`],
    ])
  })

  it('asks nobody when it would have to report over plain http to another machine', async () => {
    const party = await relyingParty()
    const url = `http://0.0.0.0:${party.service.port}`
    await expect(party.fetchAs(credential, url)).toRefuse('usage-wrong', /must be https/)
    expect(party.service.received).toEqual([])
  })

  it('tells what stays installed, and nothing of a bundle that it refused', async () => {
    const party = await relyingParty()
    await party.installed(bundles.first, bundles.staged)
    party.state.answer = serving(bundles.first, 2)
    const asked = party.service.received.length
    await expect(party.fetchAs(credential)).toRefuse('trust-bundle-refused', /an old one/)
    const told = reported(party.service.received.slice(asked)).map(({ body }) => JSON.parse(body) as unknown)
    expect(told).toEqual([{ sha256: sha256(decode(bundles.staged)) }])
  })

  it('keeps the bundle when the service does not know the party', async () => {
    const party = await relyingParty()
    party.state.answer = ({ method }) =>
      method === 'POST' ? problemReply(401, 'relying-party-refused') : { body: bundles.first }
    await expect(party.fetchAs(credential)).toRefuse('relying-party-refused')
    expect(await readFile(join(party.folder, 'trust.jws'), 'utf8')).toBe(bundles.first)
  })

  it.each([{ relyingParty: 'another', sequence: 1 }, { relyingParty: 'vpn.contoso', sequence: 2 }, {}, null])(
    'does not take %j for a record of what it told',
    async (body) => {
      const party = await relyingParty()
      party.state.answer = ({ method }) =>
        method === 'POST' ? { body: JSON.stringify(body) } : { body: bundles.first }
      await expect(party.fetchAs(credential)).toRefuse(
        'service-answer-invalid',
        /Cannot tell that bundle 1 is installed/,
      )
    },
  )

  it.each([
    { name: 'a:b', secret },
    { name: '', secret },
    { name: 'Vpn', secret },
    { name: 'vpn', secret: '' },
    { name: 'vpn', secret: 'two words' },
    { name: 'vpn', secret: 'two\nlines' },
    { name: 'vpn', secret: 'ключ' },
  ])('asks nobody with %j, which no relying party has, and does not repeat it', async (wrong) => {
    const party = await relyingParty()
    await expect(party.fetchAs(wrong)).toRefuse(
      'usage-wrong',
      /^Cannot sign in to the service: (no relying|the secret)/,
    )
    expect(party.service.received).toEqual([])
  })
})
