import { preparedFor } from '../../../preparedFor.ts'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Issuer, readAuthority } from '../../../../lib/authority/authority.ts'
import { type KeyUse, type SignerPool, signerPool } from '../../../../lib/authority/sign/signerPool.ts'
import { openDeadline } from '../../../../lib/deadline/deadline.ts'
import { requestTimes } from '../../../../lib/deadline/requestTimes.ts'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import type { SignerSource } from '../../../../lib/keys/signer.ts'
import { parseTenantId } from '../../../../lib/tenant/tenantId.ts'
import { createWorld, testTime, type World } from '../../../world.ts'

const preparedBy = ({ generation }: Issuer) => preparedFor(generation.tbs.subjectPublicKeyInfo)
const requestId = 'f9a5c1f0-0000-4000-8000-000000000001'

let world: World
let issuer: Issuer
let pool: SignerPool
let time: number
let failures: [id: string, cause: unknown][]

beforeAll(async () => {
  world = await createWorld()
  const [only] = (await readAuthority(world.tables, parseTenantId(world.tenant)))?.issuers ?? []
  if (!only) throw new Error('The world has no issuer.')
  issuer = only
  return () => world[Symbol.asyncDispose]()
})

beforeEach(() => {
  Object.assign(world.keys, { signatures: 0, opened: 0, signInstead: undefined })
  time = testTime.getTime()
  failures = []
  pool = poolOf(world.keys)
})

const poolOf = (source: SignerSource, signMilliseconds = requestTimes().signMilliseconds): SignerPool =>
  signerPool({
    source,
    signMilliseconds,
    now: () => new Date(time),
    onFailure: ({ generation }, { cause }) => failures.push([generation.id, cause]),
  })

/** Has an issuer sign, by default the one of the world in the pool of the test. */
const signing = (one = issuer, by = pool, use: Partial<KeyUse> = {}) =>
  by.sign(one, preparedBy(one), { requestId, ...use })

const failing = (...asked: Parameters<typeof signing>) =>
  expect(signing(...asked)).toRefuse('signer-unavailable')

const isDown = () => Promise.reject(new Error('down'))

/** Another issuer, with the key and the certificate of the first. */
const twin = (id: string): Issuer => ({ ...issuer, generation: { ...issuer.generation, id } })

describe('signerPool()', () => {
  it('opens a key once for many signatures at once', async () => {
    const signatures = await Promise.all(Array.from({ length: 20 }, () => signing()))
    expect(signatures).toHaveLength(20)
    expect([world.keys.opened, world.keys.signatures]).toEqual([1, 20])
  })

  it('opens nothing before the first signature', () => {
    expect(world.keys.opened).toBe(0)
  })

  it('counts an issuer that failed as resting until it signs, and never once it is retired', async () => {
    const retired = twin('issuer~0000')
    world.keys.signInstead = isDown
    for (const one of [issuer, retired]) await failing(one)
    const resting = [`${world.tenant}/issuer~0001`, `${world.tenant}/issuer~0000`]
    expect(pool.resting([issuer, retired])).toEqual(resting)
    expect(pool.resting([issuer])).toEqual([resting[0]])
    world.keys.signInstead = undefined
    time += 60_000
    await signing()
    expect(pool.resting([issuer])).toEqual([])
  })

  it('tells whether an issuer signed lately and none failed since', async () => {
    expect(pool.signedWithin(60_000)).toBe(false)
    await signing()
    expect(pool.signedWithin(60_000)).toBe(true)
    world.keys.signInstead = isDown
    await failing(twin('issuer~0002'))
    expect(pool.signedWithin(60_000)).toBe(false)
  })

  it('hands the request id to the key', async () => {
    const seen: string[] = []
    world.keys.signInstead = (signer, octets, id) => {
      seen.push(id)
      return signer.sign(octets, id)
    }
    await signing()
    expect(seen).toEqual([requestId])
  })

  it('tries again to open a key that could not be opened', async () => {
    let isShut = true
    const source: SignerSource = {
      open: (reference) => (isShut ? isDown() : world.keys.open(reference)),
    }
    const recovering = poolOf(source)
    const attempts = Array.from({ length: 3 }, () => signing(issuer, recovering))
    for (const signature of attempts)
      await expect(signature).toRefuse('signer-unavailable', /issuer~0001 does not answer/)
    isShut = false
    time += 1_000
    await expect(signing(issuer, recovering)).resolves.toBeDefined()
  })

  it('refuses with signer-unavailable, 503 and the cause when the key fails', async () => {
    const cause = new Error('throttled')
    world.keys.signInstead = () => Promise.reject(cause)
    const refusal = await signing().catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      code: 'signer-unavailable',
      status: 503,
      options: { cause, retryAfterSeconds: 5 },
    })
    expect(String(refusal)).not.toContain('throttled')
  })

  it.each([
    ['of something else', 'other'],
    ['that is empty', ''],
    ['that is no DER', 'garbage'],
  ])('refuses a signature %s', async (_, kind) => {
    world.keys.signInstead = (signer) =>
      kind === 'other' ? signer.probe(requestId) : Promise.resolve(Buffer.from(kind))
    await expect(signing()).toRefuse('signer-unavailable', /issuer~0001/)
    expect(failures).toMatchObject([['issuer~0001', { code: 'signature-unverified' }]])
  })

  it("refuses the signature of a key that is not the issuer's", async () => {
    const rootReference = `local:${world.tenant}.root-1-es256`
    const mixedUp = poolOf({ open: () => world.keys.open(rootReference) })
    await failing(issuer, mixedUp)
    expect(failures).toMatchObject([['issuer~0001', { code: 'signature-unverified' }]])
  })

  it('leaves an issuer alone that failed, without asking its key, and tries it again after a second', async () => {
    world.keys.signInstead = isDown
    await failing()
    world.keys.signInstead = undefined
    time += 999
    await failing()
    expect([world.keys.signatures, failures.length]).toEqual([1, 1])
    time += 1
    await expect(signing()).resolves.toBeDefined()
  })

  it('lets one request probe an issuer that rested, while others are sent on', async () => {
    world.keys.signInstead = isDown
    await failing()
    world.keys.signInstead = undefined
    time += 1_000
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => signing()))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(world.keys.signatures).toBe(2)
  })

  it('rests for as long as the key asks', async () => {
    const throttled = new Refusal('signer-unavailable', 'Cannot sign: 429.', { retryAfterSeconds: 7 })
    world.keys.signInstead = () => Promise.reject(throttled)
    await failing()
    time += 6_999
    expect(() => pool.order([issuer], 0)).toRefuse('issuer-unavailable')
    time += 1
    expect(pool.order([issuer], 0)).toEqual([issuer])
  })

  it('keeps the health of each issuer, and of issuers of one id in two tenants, apart', async () => {
    const other = twin('issuer~0002')
    const foreign = { ...issuer, generation: { ...issuer.generation, tenant: parseTenantId('another') } }
    world.keys.signInstead = isDown
    await failing()
    world.keys.signInstead = undefined
    expect(pool.order([issuer, other], 0)).toEqual([other])
    expect(pool.order([foreign], 0)).toEqual([foreign])
    await expect(signing(other)).resolves.toBeDefined()
  })

  /** A key that answers when the test lets it. */
  const holdKey = () => {
    const answer = Promise.withResolvers<Uint8Array>()
    world.keys.signInstead = () => answer.promise
    return answer.resolve
  }

  it('gives up an issuer that does not sign in time, and drops its answer', async () => {
    const answer = holdKey()
    const impatient = poolOf(world.keys, 20)
    await failing(issuer, impatient)
    expect(String(failures[0]?.[1])).toMatch(/^Error: The key local:\S+ did not sign within 20 ms/)
    answer(Buffer.from('late'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(failures).toHaveLength(1)
    expect(() => impatient.order([issuer], 0)).toRefuse('issuer-unavailable')
  })

  it('ends the call of the key with the time of the request', async () => {
    await signing()
    let signal: AbortSignal | undefined
    world.keys.signInstead = (_signer, _tbs, _requestId, options) => {
      signal = options?.signal
      return new Promise(() => undefined)
    }
    const deadline = openDeadline(5, () => 0)
    await failing(issuer, pool, { deadline })
    expect(signal?.aborted).toBe(true)
  })

  it('blames no issuer that a request had too little time for, and lets the next one probe it', async () => {
    world.keys.signInstead = isDown
    await failing()
    time += 1_000
    world.keys.signInstead = (_signer, _tbs, _requestId, options) =>
      new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => reject(new Error('The call was ended.')))
      })
    const deadline = openDeadline(5, () => 0)
    await failing(issuer, pool, { deadline })
    expect(failures).toHaveLength(2)
    expect(pool.order([issuer], 0)).toEqual([issuer])
    world.keys.signInstead = undefined
    await expect(signing()).resolves.toBeDefined()
  })
})
