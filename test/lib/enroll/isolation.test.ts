import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import type { Tenant } from '../../../lib/tenant/tenants.ts'
import { verifyToken } from '../../../lib/token/verifyToken.ts'
import { entraTrust, genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import { genericTestIssuer, type TestIssuer } from '../../tokens.ts'
import { applyDocument, createWorld, makeDeviceKey, uniqueTenantId, type World } from '../../world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const audiences = ['api://one', 'api://two'] as const
const values = ['red', 'blue'] as const

/** How a tenant tells its tokens: which of two issuers, which audience, which claim. */
interface Choice {
  readonly issuer: 0 | 1
  readonly audience: (typeof audiences)[number]
  readonly tenantClaim: { readonly claim: string; readonly value: string } | undefined
}

const choice: fc.Arbitrary<Choice> = fc.record({
  issuer: fc.constantFrom(0, 1),
  audience: fc.constantFrom(...audiences),
  tenantClaim: fc.option(
    fc.record({ claim: fc.constantFrom('org', 'group'), value: fc.constantFrom(...values) }),
    { nil: undefined },
  ),
})

/** Two issuers of this run that sign with one key: nothing but claims tells their tokens apart. */
const makeIssuers = async (): Promise<readonly [TestIssuer, TestIssuer]> => {
  const make = async () => {
    const url = `https://issuer.example/${randomUUID()}`
    const issuer = await genericTestIssuer(url, { now: () => world.now, key: world.issuer.key })
    for (const [address, document] of Object.entries(issuer.documents()))
      world.network.overrides.set(address, document)
    return issuer
  }
  return [await make(), await make()]
}

const trustOf = (
  issuers: readonly [TestIssuer, TestIssuer],
  { issuer, audience, tenantClaim }: Choice,
): Members => genericTrust({ url: issuers[issuer].url, audience }, tenantClaim ? { tenantClaim } : {})

/** Every token that the two issuers could write, as far as tenants look at it. */
const everyToken = (issuers: readonly [TestIssuer, TestIssuer]): Promise<readonly string[]> => {
  const options = [undefined, ...values]
  const claims = audiences.flatMap((aud) =>
    options.flatMap((org) => options.map((group) => ({ aud, org, group }))),
  )
  return Promise.all(issuers.flatMap((issuer) => claims.map((members) => issuer.token({ claims: members }))))
}

const isGoodFor = async (token: string, tenant: Tenant): Promise<boolean> => {
  try {
    await verifyToken(token, tenant, { keys: world.services.keys, now: world.now })
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error instanceof Refusal ? error.code : 'fault'),
  )

/** What became of a pair of tenants: the second was refused, or no token is good for both. */
const outcomeOf = async (first: Choice, second: Choice): Promise<string> => {
  const issuers = await makeIssuers()
  const [a, b] = [uniqueTenantId(), uniqueTenantId()]
  const { tenant } = await world.addTenant(tenantDocument(a, [trustOf(issuers, first)]))
  const applied = await codeOf(world.addTenant(tenantDocument(b, [trustOf(issuers, second)])))
  const tokens = await everyToken(issuers)
  const good = await Promise.all(tokens.map((token) => isGoodFor(token, tenant)))
  const [token] = tokens.filter((_, index) => good[index])
  if (token === undefined) return 'no token is good for the first tenant'
  const key = makeDeviceKey()
  const inSecond = await codeOf(world.enroll({ tenant: b, token, key }))
  const inFirst = await codeOf(world.enroll({ tenant: a, token, key }))
  if (inFirst !== 'ok') return `the first tenant refused its own token: ${inFirst}`
  if (applied !== 'ok') return `${applied}, ${inSecond}`
  const other = await world.services.tenants.resolve(b)
  const goodForOther = await Promise.all(tokens.map((candidate) => isGoodFor(candidate, other)))
  if (tokens.some((_, index) => good[index] && goodForOther[index])) return 'a token is good for both'
  return inSecond === 'ok' ? 'the second tenant served a token of the first' : 'isolated'
}

/** Whether some token would fit both choices: decided here from the choices alone. */
const overlap = (a: Choice, b: Choice): boolean => {
  if (a.issuer !== b.issuer || a.audience !== b.audience) return false
  if (!a.tenantClaim || !b.tenantClaim) return true
  return a.tenantClaim.claim !== b.tenantClaim.claim || a.tenantClaim.value === b.tenantClaim.value
}

describe('tenants are isolated:', () => {
  it('a token good for one is refused by every other, and what the configuration layer rejects is never served', async () => {
    const seen = new Set<string>()
    const property = fc.asyncProperty(choice, choice, async (first, second) => {
      const outcome = await outcomeOf(first, second)
      seen.add(outcome)
      expect(outcome).toBe(overlap(first, second) ? 'token-source-claimed, tenant-unknown' : 'isolated')
    })
    const both: readonly [Choice, Choice][] = [
      [choiceOf('org', 'red'), choiceOf('org', 'blue')],
      [choiceOf('org', 'red'), choiceOf('group', 'blue')],
    ]
    await fc.assert(property, { numRuns: 30, examples: [...both] })
    expect(seen).toEqual(new Set(['isolated', 'token-source-claimed, tenant-unknown']))
  })

  it('two tenants of one Entra directory need audiences of their own', async () => {
    const directoryId = randomUUID()
    const trust = (audience: string) => entraTrust(directoryId, { audience })
    const apply = (...audience: readonly string[]) =>
      applyDocument(world.tables, tenantDocument(uniqueTenantId(), audience.map(trust)))
    await apply('api://one')
    await expect(apply('api://one')).toRefuse('token-source-claimed')
    await expect(apply('api://two', 'api://one')).toRefuse('token-source-claimed')
    await expect(apply('api://two')).resolves.toMatchObject({ number: 1 })
  })

  it('an Entra directory is not claimed a second time as a generic issuer', async () => {
    const directoryId = randomUUID()
    const url = `https://login.microsoftonline.com/${directoryId}/v2.0`
    const generic = (changes: Members) =>
      tenantDocument(uniqueTenantId(), [genericTrust({ url, audience: 'api://one' }, changes)])
    await applyDocument(
      world.tables,
      tenantDocument(uniqueTenantId(), [entraTrust(directoryId, { audience: 'api://one' })]),
    )
    for (const changes of [
      {},
      { tenantClaim: { claim: 'tid', value: directoryId } },
      { tenantClaim: { claim: 'org', value: 'x' } },
    ]) {
      await expect(applyDocument(world.tables, generic(changes))).toRefuse('token-source-claimed')
    }
  })
})

const choiceOf = (claim: string, value: string): Choice => ({
  issuer: 0,
  audience: 'api://one',
  tenantClaim: { claim, value },
})
