import { describe, expect, it } from 'vitest'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'
import { enroll, type Enrolled } from '../../../lib/enroll/enroll.ts'
import type { Services, ServicesOptions } from '../../../lib/enroll/services.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { ledgerTable, tenantPartitions } from '../../../lib/ledger/record/ledgerKey.ts'
import { genericTrust, tenantDocument } from '../../tenants.ts'
import { genericTestIssuer } from '../../tokens.ts'
import {
  createWorld,
  servicesOf,
  enrollmentOf,
  makeDeviceKey,
  oldToken,
  type TestEnrollment,
  uniqueTenantId,
  type World,
} from '../../world.ts'
import { holdSigners } from './fixtures/holdSigners.ts'

const storm = 500

/** An instance of the app on the tables and keys of the world. Its requests have time: the machine may be busy. */
const instanceOf = (world: World, parts: Partial<ServicesOptions> = {}): Services =>
  servicesOf(world.tables, {
    requestsAtOnce: 2 * storm,
    network: world.network,
    source: world.keys,
    now: () => world.now,
    times: requestTimes(60),
    ...parts,
  })

const instancesOf = (world: World, count: number): readonly Services[] =>
  Array.from({ length: count }, () => instanceOf(world))

/** Makes requests to one instance; each has its own token and key unless it says otherwise. */
const requesting =
  (world: World, instance: Services) =>
  async ({ key = makeDeviceKey(), tenant = world.tenant, token = '' }: TestEnrollment = {}) =>
    enroll(enrollmentOf({ tenant, token: token || (await world.issuer.token()), csr: key.csr() }), instance)

/** Sends requests with one token to the instances in turn, all at once. */
const send = (
  world: World,
  instances: readonly Services[],
  { token, csrs }: { readonly token: string; readonly csrs: readonly Uint8Array[] },
) =>
  Promise.allSettled(
    csrs.map((csr, index) => {
      const instance = instances[index % instances.length] ?? world.services
      return enroll(enrollmentOf({ tenant: world.tenant, token, csr }), instance)
    }),
  )

const fulfilled = (results: readonly PromiseSettledResult<Enrolled>[]) =>
  results.filter((result) => result.status === 'fulfilled').map(({ value }) => value)

const codes = (results: readonly PromiseSettledResult<unknown>[]) =>
  results
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => (reason instanceof Refusal ? reason.code : String(reason)))

const octets = ({ entry }: Enrolled) => Buffer.from(entry.certificate).toString('hex')

describe('500 requests at once with one token', () => {
  it.each([
    [1, 1],
    [2, 2],
  ])('and one key get one certificate, on %i instances with %i signatures', async (instances, signatures) => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const csrs = Array.from({ length: storm }, () => key.csr())
    const all = instancesOf(world, instances)
    const results = await send(world, all, { token: await world.issuer.token(), csrs })
    expect(codes(results)).toEqual([])
    expect(new Set(fulfilled(results).map(octets)).size).toBe(1)
    expect(fulfilled(results).filter(({ created }) => created)).toHaveLength(1)
    expect(world.keys.signatures).toBeLessThanOrEqual(signatures)
    for (const { places } of all) expect(places.taken).toBe(0)
  })

  it.each([
    [1, 1],
    [2, 2],
  ])('and 500 keys: one buys, on %i instances with %i signatures', async (instances, signatures) => {
    await using world = await createWorld()
    const csrs = Array.from({ length: storm }, () => makeDeviceKey().csr())
    const token = await world.issuer.token()
    const results = await send(world, instancesOf(world, instances), { token, csrs })
    expect(fulfilled(results)).toHaveLength(1)
    expect(codes(results)).toEqual(Array.from({ length: storm - 1 }, () => 'token-replayed'))
    expect(world.keys.signatures).toBeLessThanOrEqual(signatures)
  })
})

/** What the ledger was asked since it was looked at last. */
const ledgerCalls = ({ tables }: World) => {
  const calls = tables.calls.splice(0).filter(({ table }) => table.startsWith('ledger'))
  return { get: calls.filter(({ method }) => method === 'get').length, all: calls.length }
}

const rowsOf = async ({ tables, tenant, now }: World) =>
  Array.fromAsync(tables.scan(ledgerTable(now), { partitions: tenantPartitions(tenant) }))

describe('1,000 replays of a token at four instances', () => {
  it.each([
    // Who loses the race reads the row of the winner.
    ['young', 4 + 3],
    ['old', 4 + 4 + 3],
  ])(
    'buy one certificate, at the price of a signature an instance, where it is %s',
    async (age, mostCalls) => {
      await using world = await createWorld()
      let time = 0
      const all = Array.from({ length: 4 }, () => instanceOf(world, { clock: () => time }))
      const [token, key] = [await (age === 'old' ? oldToken(world) : world.issuer.token()), makeDeviceKey()]
      const results: PromiseSettledResult<Enrolled>[] = []
      const wave = async () => {
        const csrs = Array.from({ length: 250 }, () => key.csr())
        results.push(...(await send(world, all, { token, csrs })))
        return ledgerCalls(world)
      }
      expect((await wave()).all).toBeLessThanOrEqual(mostCalls)
      for (let i = 0; i < 2; i++) expect(await wave()).toEqual({ get: 0, all: 0 })
      // Nothing is remembered any more.
      time = 120_000
      world.now = new Date(world.now.getTime() + time)
      expect(await wave()).toEqual({ get: 4, all: 4 })
      expect(codes(results)).toEqual([])
      expect(fulfilled(results).filter(({ created }) => created)).toHaveLength(1)
      expect(new Set(fulfilled(results).map(octets)).size).toBe(1)
      expect(world.keys.signatures).toBeLessThanOrEqual(4)
      expect(await rowsOf(world)).toHaveLength(1)
    },
  )
})

describe('a user who asks for many certificates at once', () => {
  it('gets two at a time: the third request is told when to come again, and then is served', async () => {
    await using world = await createWorld()
    const request = requesting(world, instanceOf(world))
    const signers = holdSigners(world.keys)
    const held = [request(), request()]
    await signers.held(2)
    const [token, key] = [await world.issuer.token(), makeDeviceKey()]
    const refused = request({ token, key })
    await expect(refused).toRefuse('subject-busy')
    await expect(refused).rejects.toMatchObject({
      status: 429,
      options: { retryAfterSeconds: expect.any(Number) },
    })
    const bob = await world.issuer.token({ claims: { sub: 'bob' } })
    const other = request({ token: bob })
    signers.letGo()
    expect((await Promise.all([...held, other])).map(({ created }) => created)).toEqual([true, true, true])
    expect((await request({ token, key })).created).toBe(true)
  })

  it('has one request a token counted, however often it is sent', async () => {
    await using world = await createWorld()
    const request = requesting(world, instanceOf(world))
    const signers = holdSigners(world.keys)
    const [token, key] = [await world.issuer.token(), makeDeviceKey()]
    const same = Array.from({ length: 20 }, () => request({ token, key }))
    await signers.held(1)
    const second = request()
    await signers.held(2)
    signers.letGo()
    expect((await Promise.all(same)).filter(({ created }) => created)).toHaveLength(1)
    expect((await second).created).toBe(true)
  })
})

describe("a tenant's storm", () => {
  it('takes no more than half of the places, and is refused at once: another tenant is served meanwhile', async () => {
    await using world = await createWorld()
    const calm = uniqueTenantId()
    const issuer = await genericTestIssuer(`https://issuer.example/${calm}`, { now: () => world.now })
    for (const [url, document] of Object.entries(issuer.documents()))
      world.network.overrides.set(url, document)
    await world.addTenant(tenantDocument(calm, [genericTrust(issuer)]))
    const instance = instanceOf(world, { requestsAtOnce: 16 })
    const request = requesting(world, instance)
    expect((await request({ tenant: calm, token: await issuer.token() })).created).toBe(true)
    expect((await request()).created).toBe(true)
    const signers = holdSigners(world.keys)
    const greedy = Array.from({ length: 100 }, async (_, index) =>
      request({ token: await world.issuer.token({ claims: { sub: `user ${index}` } }) }),
    )
    const refused = Promise.allSettled(greedy)
    await signers.held(8)
    while (instance.places.taken > 8) await new Promise((resolve) => setImmediate(resolve))
    const served = request({ tenant: calm, token: await issuer.token() })
    await signers.held(9)
    expect(instance.places.taken).toBe(9)
    signers.letGo()
    expect((await served).created).toBe(true)
    const ended = await refused
    expect(fulfilled(ended)).toHaveLength(8)
    expect(new Set(codes(ended))).toEqual(new Set(['overloaded']))
    expect(instance.places.taken).toBe(0)
  })

  it('of one subject leaves places for the others of its tenant', async () => {
    await using world = await createWorld()
    const instance = instanceOf(world, { requestsAtOnce: 16 })
    const request = requesting(world, instance)
    const [token, key] = [await world.issuer.token(), makeDeviceKey()]
    await request({ token, key })
    await request({ token: await world.issuer.token({ claims: { sub: 'bob' } }) })
    const replays = await Promise.allSettled(Array.from({ length: 16 }, () => request({ token, key })))
    expect(fulfilled(replays)).toHaveLength(2)
    expect(new Set(codes(replays))).toEqual(new Set(['subject-busy']))
  })
})
