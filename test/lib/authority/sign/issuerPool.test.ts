import { randomUUID, sign } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { type Issuer, readAuthority } from '../../../../lib/authority/authority.ts'
import { changeAuthority } from '../../../../lib/authority/change/changeAuthority.ts'
import { moveGeneration } from '../../../../lib/authority/change/moveGeneration.ts'
import { signerPool } from '../../../../lib/authority/sign/signerPool.ts'
import { requestTimes } from '../../../../lib/deadline/requestTimes.ts'
import { stageIssuer } from '../../../../lib/authority/change/stageIssuer.ts'
import { findGeneration, planActivate, planDeactivate } from '../../../../lib/authority/change/plan.ts'
import { enroll, type Enrolled } from '../../../../lib/enroll/enroll.ts'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import type { KeyProvider, SignerSource } from '../../../../lib/keys/signer.ts'
import { dailyTablesAhead } from '../../../../lib/ledger/record/ledgerKey.ts'
import { parseTenantId } from '../../../../lib/tenant/tenantId.ts'
import { type Fault, type FaultyVault, faultyVault } from '../../../faultyVault.ts'
import {
  ceremonyOf,
  createWorld,
  enrollmentOf,
  makeDeviceKey,
  type SignInstead,
  testTime,
  type World,
} from '../../../world.ts'
import { circumstancesOf } from '../generations.ts'

const usualMilliseconds = requestTimes().signMilliseconds
/** Time enough for a key that signs at once, however busy the machine is, and little to wait for one that does not. */
const patientMilliseconds = 1_000

const device = makeDeviceKey()
const csr = device.csr()

/** The authority of the world, from the tables. */
const authorityOf = async ({ tables, tenant }: World) => {
  const authority = await readAuthority(tables, parseTenantId(tenant))
  if (!authority) throw new Error('The world has no authority.')
  return authority
}

const atOnce = { ...circumstancesOf(), publicationWindowSeconds: 0 }
const consent = { force: false, reason: '' }

/** Stages an issuer whose key is made in `issuerKeys`, and puts it to work at once. @returns its id. */
const addIssuer = async (world: World, issuerKeys: KeyProvider = world.keys): Promise<string> => {
  const tenant = await world.services.tenants.resolve(world.tenant)
  const ceremony = { ...ceremonyOf(world.tables, world.keys, world.now), issuerKeys }
  const before = await authorityOf(world)
  const root = findGeneration(before, 'root 1')
  const { generation, change } = await stageIssuer(tenant, { before, root }, ceremony)
  if (!change) throw new Error('An issuer waits already.')
  const staged = await changeAuthority(tenant, { change, before }, ceremony)
  const subject = findGeneration(staged, generation.id)
  const plan = planActivate(staged, subject, { ...atOnce, now: world.now })
  await moveGeneration(tenant, { plan, before: staged, consent }, ceremony)
  return generation.id
}

/** Stops an issuer. */
const stopIssuer = async (world: World, id: string): Promise<void> => {
  const tenant = await world.services.tenants.resolve(world.tenant)
  const before = await authorityOf(world)
  const plan = planDeactivate(before, findGeneration(before, id), { ...atOnce, now: world.now })
  await moveGeneration(tenant, { plan, before, consent }, ceremonyOf(world.tables, world.keys, world.now))
}

/** How one request ended, and how many signatures it asked for. */
interface Ended {
  readonly attempts: number
  readonly outcome: Enrolled | Refusal
}

interface Bench extends AsyncDisposable {
  readonly world: World
  /** What each issuer was asked for, by id; those that fail are asked all the same. */
  readonly asked: Map<string, number>
  /** What the pool was told of: `<id> <cause>`. */
  readonly failures: string[]
  /** What goes wrong with an issuer, by id. */
  readonly faults: Map<string, SignInstead>
  /** Sends requests with these tokens, `concurrency` of them at a time; the clock runs 20 ms a request. */
  send(tokens: readonly string[], concurrency?: number): Promise<readonly Ended[]>
  tokens(count: number): Promise<readonly string[]>
}

const tick = 20

/** A generator of numbers from 0 to 1 that gives the same ones each time (mulberry32). */
const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

/** The issuers of the world in a pool, after one signature of each: its key is open. */
const benchOf = async (world: World, source: SignerSource, signMilliseconds: number): Promise<Bench> => {
  const { issuers } = await authorityOf(world)
  const failures: string[] = []
  const onFailure = ({ generation }: Issuer, { cause }: { readonly cause: unknown }) =>
    void failures.push(`${generation.id} ${String(cause)}`)
  const signers = signerPool({ source, now: () => world.now, onFailure, signMilliseconds })
  for (const issuer of issuers) await signers.probe(issuer, { requestId: randomUUID() })
  const chance = seeded(1)
  const random = (octets: number) => Uint8Array.from({ length: octets }, () => Math.floor(256 * chance()))
  const asked = new Map<string, number>()
  const faults = new Map<string, SignInstead>()
  world.keys.signInstead = (signer, tbs, requestId) => {
    const issuer = issuers.find(
      ({ generation }) => Buffer.compare(generation.tbs.subjectPublicKeyInfo, signer.publicKey) === 0,
    )
    const id = issuer?.generation.id ?? ''
    asked.set(id, (asked.get(id) ?? 0) + 1)
    return faults.get(id)?.(signer, tbs, requestId) ?? signer.sign(tbs, requestId)
  }
  const request = async (token: string): Promise<Ended> => {
    world.now = new Date(world.now.getTime() + tick)
    let attempts = 0
    const uuid = () => {
      attempts += 1
      return randomUUID()
    }
    const clock = () => world.now.getTime()
    const times = { ...requestTimes(), signMilliseconds }
    const services = { ...world.services, signers, random, chance, uuid, clock, times }
    try {
      const outcome = await enroll(enrollmentOf({ tenant: world.tenant, token, csr }), services)
      return { attempts, outcome }
    } catch (error) {
      if (error instanceof Refusal) return { attempts, outcome: error }
      throw error
    }
  }
  return {
    world,
    asked,
    failures,
    faults,
    async send(tokens, concurrency = 32) {
      const ended: Ended[] = []
      const queue = tokens.values()
      const worker = async () => {
        for (const token of queue) ended.push(await request(token))
      }
      await Promise.all(Array.from({ length: concurrency }, worker))
      return ended
    },
    // Each for a user of its own: one user gets few signatures at once.
    tokens: (count) =>
      Promise.all(Array.from({ length: count }, () => world.issuer.token({ claims: { sub: randomUUID() } }))),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

const twoIssuers = async (signMilliseconds = patientMilliseconds): Promise<Bench> => {
  const world = await createWorld()
  await addIssuer(world)
  return benchOf(world, world.keys, signMilliseconds)
}

const issuedBy = (ended: readonly Ended[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { outcome } of ended) {
    const by = outcome instanceof Refusal ? outcome.code : outcome.entry.issuerId
    counts.set(by, (counts.get(by) ?? 0) + 1)
  }
  return counts
}

const impostor = makeDeviceKey()

const throttling: SignInstead = () =>
  Promise.reject(new Refusal('signer-unavailable', 'Cannot sign: busy.', { retryAfterSeconds: 2 }))

const slow: SignInstead = async (signer, tbs, requestId) => {
  await delay(1_500)
  return signer.sign(tbs, requestId)
}

/** What may be wrong with an issuer, what the pool is told of it, and how many requests meet it. */
const sicknesses: readonly (readonly [string, SignInstead, RegExp, number])[] = [
  ['throttles', throttling, /busy/, 250],
  ['never answers', () => new Promise(() => undefined), /did not sign within 1000 ms/, 250],
  ['is broken', () => Promise.reject(new TypeError('broken')), /TypeError: broken/, 250],
  [
    'lies',
    (_, tbs) => Promise.resolve(sign('sha256', tbs.octets, impostor.privateKey)),
    /does not verify/,
    250,
  ],
  ['answers too late', slow, /did not sign within 1000 ms/, 50],
  ['returns nothing', () => Promise.resolve(Buffer.alloc(0)), /does not verify/, 50],
]

/** Requests under way when the first one fails, then a probe after 1 s, after 2 s more, and so on in 5 s. */
const concurrency = 32
const mostAsked = concurrency + 3

describe('of 1,000 requests, 250 with each way in which one of two issuers is sick', () => {
  it.each(sicknesses)('none is lost when it %s', async (_, fault, told, count) => {
    await using bench = await twoIssuers()
    bench.faults.set('issuer~0001', fault)
    const ended = await bench.send(await bench.tokens(count))
    expect(issuedBy(ended)).toEqual(new Map([['issuer~0002', count]]))
    expect(Math.max(...ended.map(({ attempts }) => attempts))).toBeLessThanOrEqual(2)
    const asked = bench.asked.get('issuer~0001') ?? 0
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThanOrEqual(mostAsked)
    expect(bench.asked.get('issuer~0002')).toBe(count)
    expect(bench.failures).toHaveLength(asked)
    for (const failure of bench.failures) expect(failure).toMatch(told)
    for (const failure of bench.failures) expect(failure).toMatch(/^issuer~0001 /)
  })
})

const retriesAfter = (ended: readonly Ended[]): readonly (number | undefined)[] =>
  ended.map(({ outcome }) => (outcome instanceof Refusal ? outcome.options.retryAfterSeconds : undefined))

const ledgerCalls = ({ tables }: World, method: string) =>
  tables.calls.filter((call) => call.method === method && call.table.startsWith('ledger'))

describe('when both issuers are sick', () => {
  it('all requests get 503 in the budget and nothing is recorded; then the same tokens are good', async () => {
    await using bench = await twoIssuers()
    const { world } = bench
    const down: SignInstead = () => Promise.reject(new Error('down'))
    for (const id of ['issuer~0001', 'issuer~0002']) bench.faults.set(id, down)
    const tokens = await bench.tokens(100)
    const ended = await bench.send(tokens)
    const codes = issuedBy(ended)
    expect([...codes.keys()].toSorted()).toEqual(['issuer-unavailable', 'signer-unavailable'])
    for (const { outcome } of ended) expect(outcome).toMatchObject({ status: 503 })
    expect(Math.max(...ended.map(({ attempts }) => attempts))).toBeLessThanOrEqual(2)
    for (const count of bench.asked.values()) expect(count).toBeLessThanOrEqual(mostAsked)
    expect(ledgerCalls(world, 'insert')).toEqual([])
    bench.faults.clear()
    world.now = new Date(world.now.getTime() + 30_000)
    // One after the other: while both are probed, others are told to come again.
    const again = await bench.send(tokens, 1)
    expect([...issuedBy(again).keys()].toSorted()).toEqual(['issuer~0001', 'issuer~0002'])
    for (const { outcome } of again) expect(outcome).toMatchObject({ created: true })
  })

  it('clients are told to come again at different times', async () => {
    await using bench = await twoIssuers()
    for (const id of ['issuer~0001', 'issuer~0002']) bench.faults.set(id, throttling)
    const [first, ...resting] = retriesAfter(await bench.send(await bench.tokens(40), 1))
    expect(first).toBeGreaterThanOrEqual(2)
    for (const seconds of resting) expect(seconds).toBeGreaterThanOrEqual(2)
    expect(new Set(resting).size).toBeGreaterThan(2)
  })
})

describe('an issuer that is well again', () => {
  it('is found by one probe after its rest, while all others go elsewhere', async () => {
    await using bench = await twoIssuers(20_000)
    const { world, asked, faults } = bench
    faults.set('issuer~0001', throttling)
    await bench.send(await bench.tokens(10), 1)
    expect(asked.get('issuer~0001')).toBe(1)
    faults.delete('issuer~0001')
    // The key asked for two seconds, which is more than the second of a first failure.
    world.now = new Date(testTime.getTime() + 1_500)
    await bench.send(await bench.tokens(10))
    expect(asked.get('issuer~0001')).toBe(1)
    world.now = new Date(testTime.getTime() + 3_000)
    let answer = (): void => undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    faults.set('issuer~0001', async (signer, tbs, requestId) => {
      await answered
      return signer.sign(tbs, requestId)
    })
    const probing = bench.send(await bench.tokens(11), 11).finally(answer)
    await vi.waitFor(() => expect(asked.get('issuer~0002')).toBe(10 + 10 + 10), 20_000)
    expect(asked.get('issuer~0001')).toBe(2)
    answer()
    const ended = await probing
    expect(issuedBy(ended).get('issuer~0001')).toBe(1)
    faults.clear()
    const well = await bench.send(await bench.tokens(40))
    expect(issuedBy(well).get('issuer~0001')).toBeGreaterThan(5)
  })
})

describe('issuers that are well', () => {
  it('share the requests evenly, each asked once a request', async () => {
    await using bench = await twoIssuers()
    const ended = await bench.send(await bench.tokens(200))
    expect(ended.map(({ attempts }) => attempts)).toEqual(ended.map(() => 1))
    const [one = 0, two = 0] = [...issuedBy(ended).values()]
    expect(one + two).toBe(200)
    // Six standard deviations: chance brings this about once in 500 million runs.
    expect(Math.abs(one - two)).toBeLessThan(85)
    expect(bench.failures).toEqual([])
  })

  it('sign no leaf that would outlive them', async () => {
    await using world = await createWorld()
    const [first] = (await authorityOf(world)).issuers
    if (!first) throw new Error('The world has no issuer.')
    // A leaf lives an hour: its last second is that of the issuer.
    const lastUse = new Date(first.notAfter.getTime() - 3_599_000)
    world.now = new Date(lastUse.getTime() - 3_600_000)
    await world.tables.create(dailyTablesAhead(world.now, 2))
    await addIssuer(world)
    await using bench = await benchOf(world, world.keys, patientMilliseconds)
    const sendAt = async (time: number): Promise<readonly string[]> => {
      world.now = new Date(time - 40 * tick)
      const ended = await bench.send(await bench.tokens(40), 1)
      return [...issuedBy(ended).keys()].toSorted()
    }
    expect(await sendAt(lastUse.getTime())).toEqual(['issuer~0001', 'issuer~0002'])
    expect(await sendAt(lastUse.getTime() + 2_000)).toEqual(['issuer~0002'])
  })
})

describe('a request that has no time left', () => {
  it('is answered rather than sent to a third issuer, after two that took almost all of it', async () => {
    const world = await createWorld()
    await addIssuer(world)
    await addIssuer(world)
    await using bench = await benchOf(world, world.keys, usualMilliseconds)
    const late: SignInstead = () => {
      world.now = new Date(world.now.getTime() + 3_400)
      return Promise.reject(new Error('late'))
    }
    for (const id of ['issuer~0001', 'issuer~0002', 'issuer~0003']) bench.faults.set(id, late)
    const [ended] = await bench.send(await bench.tokens(1))
    expect(ended).toMatchObject({ attempts: 2, outcome: { code: 'signer-unavailable', status: 503 } })
  })

  it('is sent to a third issuer when two failed at once', async () => {
    const world = await createWorld()
    await addIssuer(world)
    await addIssuer(world)
    await using bench = await benchOf(world, world.keys, patientMilliseconds)
    for (const id of ['issuer~0001', 'issuer~0002']) bench.faults.set(id, throttling)
    const ended = await bench.send(await bench.tokens(6), 1)
    expect(issuedBy(ended)).toEqual(new Map([['issuer~0003', 6]]))
  })
})

describe('of requests that come every 31 s, when the rest of each sick issuer is over', () => {
  const minutes = 60_000

  /** An issuer that does not answer, as the clock of the world sees it. */
  const hangs =
    (world: World, milliseconds: number): SignInstead =>
    () => {
      world.now = new Date(world.now.getTime() + milliseconds)
      return Promise.reject(new Error('no answer'))
    }

  it.each([
    ['in time', usualMilliseconds],
    ['though the process was held up', usualMilliseconds + 700],
  ])('none is lost while two of three issuers hang and are given up %s', async (_, milliseconds) => {
    const world = await createWorld()
    await addIssuer(world)
    await addIssuer(world)
    await using bench = await benchOf(world, world.keys, patientMilliseconds)
    const sick = ['issuer~0001', 'issuer~0002']
    for (const id of sick) bench.faults.set(id, throttling)
    await bench.send(await bench.tokens(20), 1)
    expect(sick.map((id) => bench.failures.some((failure) => failure.startsWith(id)))).toEqual([true, true])
    for (const id of sick) bench.faults.set(id, hangs(world, milliseconds))
    bench.asked.clear()
    for (const token of await bench.tokens(20)) {
      world.now = new Date(world.now.getTime() + 31_000)
      const ended = await bench.send([token], 1)
      expect(issuedBy(ended)).toEqual(new Map([['issuer~0003', 1]]))
      expect(ended[0]?.attempts).toBe(2)
    }
    // Each is probed now and then.
    for (const id of sick) expect(bench.asked.get(id)).toBeGreaterThan(3)
    expect(world.now.getTime() - testTime.getTime()).toBeLessThan(15 * minutes)
  })
})

const throttled: Fault = async (_, answer) => {
  await answer()
  return { status: 429, body: '{"error":{"code":"Throttled"}}', headers: { 'retry-after': '2' } }
}

/** Signatures that a vault was asked for by somebody it knows. */
const asksOf = ({ log }: FaultyVault): number =>
  log.filter(({ operation, isKnown }) => operation === 'sign' && isKnown).length

describe('of 100 requests with one of two vaults throttling', () => {
  it('none is lost, and that vault is left alone', async () => {
    const world = await createWorld()
    await using sick = await faultyVault()
    await using well = await faultyVault()
    const [sickId, wellId] = [await addIssuer(world, sick.keys()), await addIssuer(world, well.keys())]
    await stopIssuer(world, 'issuer~0001')
    const [sickSigners, wellSigners] = [sick.signers(), well.signers()]
    const source: SignerSource = {
      open: (reference, algorithm) =>
        (reference.startsWith(sick.url) ? sickSigners : wellSigners).open(reference, algorithm),
    }
    await using bench = await benchOf(world, source, 20_000)
    const before = [asksOf(sick), asksOf(well)] as const
    sick.fault = throttled
    const ended = await bench.send(await bench.tokens(100))
    expect(issuedBy(ended)).toEqual(new Map([[wellId, 100]]))
    expect(Math.max(...ended.map(({ attempts }) => attempts))).toBe(2)
    expect(asksOf(sick) - before[0]).toBeLessThanOrEqual(concurrency + 1)
    expect(asksOf(well) - before[1]).toBe(100)
    for (const failure of bench.failures) expect(failure).toMatch(new RegExp(`^${sickId} .*busy`))
    sick.fault = undefined
    world.now = new Date(world.now.getTime() + 10_000)
    expect([...issuedBy(await bench.send(await bench.tokens(30))).keys()].toSorted()).toEqual([
      sickId,
      wellId,
    ])
  })
})
