import { requestTimes } from '../../lib/deadline/requestTimes.ts'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { registerHttp } from '../../functions/registerHttp.ts'
import { composeApp } from '../../lib/app.ts'
import { addRelyingParty, listRelyingParties } from '../../lib/authority/adopt/relyingParty.ts'
import { bundleFiles } from '../../lib/authority/storedBundle.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { installFunctionsCore } from '../../local/functionsCore.ts'
import { type FunctionsHost, startFunctionsHost } from '../../local/functionsHost.ts'
import { type BundleWorld, createBundleWorld } from '../client/bundleWorld.ts'
import { partyTester, type World } from '../world.ts'

let bundles: BundleWorld
let world: World
let host: FunctionsHost
const lines: string[] = []
const secret = 'canary-secret'

/** The functions on tables that are watched, at a time that stands still. */
beforeAll(async () => {
  bundles = await createBundleWorld()
  ;({ world } = bundles)
  const party = { tenant: parseTenantId(world.tenant), name: 'vpn-1', secret }
  await addRelyingParty(world.tables, party, partyTester(world.now))
  const log = ({ message }: { readonly message: string }) => void lines.push(message)
  const { registry } = installFunctionsCore({ log })
  const { tables, keys: signerSource } = world
  const now = () => world.now
  const app = composeApp({ tables, signerSource, allowLoopbackHttp: false, now, times: requestTimes() })
  registerHttp(Promise.resolve(app))
  await registry.finishLoading()
  host = await startFunctionsHost({ registry, host: '127.0.0.1', port: 0, log })
})

afterAll(async () => {
  await host.close()
  await bundles[Symbol.asyncDispose]()
})

/** Each test starts an hour after the one before, when nothing that was cached counts. */
beforeEach(() => {
  world.now = new Date(world.now.getTime() + 3_600_000)
  world.tables.fault = () => undefined
  lines.length = 0
})

const later = (milliseconds: number): void => {
  world.now = new Date(world.now.getTime() + milliseconds)
}

const get = (file: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${host.url}/v1/${world.tenant}/${file}`, { headers })

/** Whether the last request waited for a turn. */
const tookTurn = (): boolean => {
  const { stages } = JSON.parse(lines.at(-1) ?? '') as { readonly stages: object }
  return 'turn' in stages
}

const report = (content: string | Uint8Array, credential = `vpn-1:${secret}`) =>
  fetch(`${host.url}/v1/${world.tenant}/adoptions`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(credential).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ sha256: createHash('sha256').update(content).digest('hex') }),
  })

const listed = async () => (await listRelyingParties(world.tables, parseTenantId(world.tenant)))[0]

describe('the trust bundle', () => {
  it('is read from the tables once, however often and in whatever form it is fetched', async () => {
    const { authority } = bundles
    await get('trust.json')
    const { length } = world.tables.calls
    for (let times = 0; times < 5; times++) {
      for (const file of bundleFiles) expect((await get(file)).status).toBe(200)
      for (const { digest } of authority.generations)
        expect((await get(`trust/${digest}.cer`)).status).toBe(200)
      expect((await get('trust.pem', { 'if-none-match': '*' })).status).toBe(304)
      expect((await get(`trust/${'0'.repeat(64)}.cer`)).status).toBe(404)
      later(2_000)
    }
    expect(world.tables.calls).toHaveLength(length)
  })

  it('is read without a turn where the tenant is known: no crowd before its door keeps servers waiting', async () => {
    await fetch(`${host.url}/v1/unknown-${world.tenant.slice(0, 8)}/trust.pem`)
    expect(tookTurn()).toBe(true)
    await get('trust.json')
    await get('trust.json')
    expect(tookTurn()).toBe(false)
    await report('no bundle')
    expect(tookTurn()).toBe(true)
  })

  it('is served for ten minutes while the tables are down, and then refused as an outage', async () => {
    const fresh = await get('trust.jws')
    const etag = fresh.headers.get('etag') ?? ''
    const text = await fresh.text()
    world.tables.fault = () => 'failed'
    later(599_000)
    const stale = await get('trust.jws')
    expect([stale.status, await stale.text(), stale.headers.get('etag')]).toEqual([200, text, etag])
    expect((await get('trust.jws', { 'if-none-match': etag })).status).toBe(304)
    later(2_000)
    const refused = await get('trust.jws', { 'if-none-match': etag })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await refused.json()).toMatchObject({ type: 'urn:mayfly:problem:tables-unavailable' })
  })

  it('is the next one within 30 s of a change, under another tag', async () => {
    const before = await get('trust.json')
    const etag = before.headers.get('etag') ?? ''
    const { sequence } = (await before.json()) as { readonly sequence: number }
    await bundles.stageIssuer('root 1')
    later(30_000)
    const after = await get('trust.json', { 'if-none-match': etag })
    expect(after.status).toBe(200)
    expect(after.headers.get('etag')).not.toBe(etag)
    expect(await after.json()).toMatchObject({ sequence: sequence + 1 })
  })
})

describe('an adoption', () => {
  it('records which bundle is installed, by the digest of any of its files', async () => {
    const { sequence } = bundles.authority.bundle
    for (const file of bundleFiles) {
      const response = await report(bundles.authority.bundle.encodings[file])
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
      expect(await response.json()).toEqual({ relyingParty: 'vpn-1', sequence, currentSequence: sequence })
      expect(await listed()).toEqual({
        name: 'vpn-1',
        installedSequence: sequence,
        installedSha256: createHash('sha256').update(bundles.authority.bundle.encodings[file]).digest('hex'),
        doubt: '',
        installedAt: world.now,
        confirmedBy: 'agent',
      })
      later(1_000)
    }
  })

  it('tells of a newer bundle when an older one was installed, and records the older one', async () => {
    const { bundle } = bundles.authority
    await bundles.stageIssuer('root 2')
    later(30_000)
    const response = await report(bundle.encodings['trust.pem'])
    const expected = { sequence: bundle.sequence, currentSequence: bundle.sequence + 1 }
    expect(await response.json()).toEqual({ relyingParty: 'vpn-1', ...expected })
    expect(await listed()).toMatchObject({ installedSequence: bundle.sequence })
  })

  it('may be of a bundle that this instance has not seen yet', async () => {
    await get('trust.json')
    await bundles.activate('issuer 2')
    const { sequence, encodings } = bundles.authority.bundle
    expect(await (await report(encodings['trust.json'])).json()).toEqual({
      relyingParty: 'vpn-1',
      sequence,
      currentSequence: sequence,
    })
  })

  it('is refused for what was never a bundle, and recorded nowhere', async () => {
    const before = await listed()
    const response = await report('something else')
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ type: 'urn:mayfly:problem:bundle-unknown' })
    expect(await listed()).toEqual(before)
  })

  it('is refused to strangers before anything is looked up for them, and recorded nowhere', async () => {
    const before = await listed()
    await get('trust.json')
    world.tables.calls.length = 0
    const good = bundles.authority.bundle.encodings['trust.json']
    for (const credential of ['vpn-1:wrong', `vpn-2:${secret}`, 'vpn-1:', `:${secret}`, `../x:${secret}`])
      expect((await report(good, credential)).status).toBe(401)
    // Nor do they learn whether there was such a bundle.
    expect((await report('something else', 'vpn-1:wrong')).status).toBe(401)
    expect(world.tables.calls.map(({ method }) => method)).toEqual(['list'])
    expect(await listed()).toEqual(before)
  })

  it('is an outage while the tables are down', async () => {
    const good = bundles.authority.bundle.encodings['trust.json']
    await get('trust.json')
    world.tables.fault = ({ table }) => (table === 'relyingParties' ? 'failed' : undefined)
    const response = await report(good)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
  })

  it('is recorded though the reply of the tables was lost: reporting again does no harm', async () => {
    const { sequence, encodings } = bundles.authority.bundle
    world.tables.fault = ({ method }) => (method === 'transact' ? 'failed but persisted' : undefined)
    expect((await report(encodings['trust.json'])).status).toBe(503)
    expect(await listed()).toMatchObject({ installedSequence: sequence, installedAt: world.now })
    world.tables.fault = () => undefined
    expect((await report(encodings['trust.json'])).status).toBe(200)
  })

  it('writes the secret neither to a table nor to the log', async () => {
    const good = bundles.authority.bundle.encodings['trust.json']
    expect((await report(good)).status).toBe(200)
    expect((await report(good, `vpn-2:${secret}`)).status).toBe(401)
    expect((await report(good, secret)).status).toBe(401)
    const rows = await world.tables.list('relyingParties', world.tenant)
    expect(rows.map(({ row }) => row)).toEqual(['vpn-1', expect.stringMatching(/^~change~/)])
    expect(lines).toHaveLength(3)
    const encoded = Buffer.from(`vpn-1:${secret}`).toString('base64')
    for (const text of [JSON.stringify(rows), ...lines]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(encoded)
    }
  })
})

// The last: the row has another version afterwards than the bench knows.
describe('the trust bundle of a row that somebody wrote to', () => {
  it('is made of what a root signed, whatever else the row says, and refused when nothing of it verifies', async () => {
    const place = { partition: world.tenant, row: 'bundle~current' }
    const row = await world.tables.get('authorities', place)
    if (!row) throw new Error('There is no bundle.')
    const write = async (values: typeof row.values) => {
      const { etag } = (await world.tables.get('authorities', place)) ?? row
      await world.tables.transact('authorities', [{ kind: 'replace', row: { ...place, values }, etag }])
      later(60_000)
    }
    const planted = Buffer.from('planted')
    await write({ ...row.values, json: planted, pem: planted, pkcs7: planted, sequence: 99 })
    for (const file of bundleFiles) {
      const served = Buffer.from(await (await get(file)).arrayBuffer())
      expect(served.equals(Buffer.from(bundles.authority.bundle.encodings[file])), file).toBe(true)
    }
    await write({ ...row.values, jws: Buffer.from(bundles.jws.slice(0, -8)) })
    for (const file of [...bundleFiles, `trust/${bundles.root(1).digest}.cer`]) {
      const refused = await get(file)
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30'])
      expect(await refused.json()).toMatchObject({ type: 'urn:mayfly:problem:bundle-unverified' })
    }
    await write(row.values)
  })
})
