import fc from 'fast-check'
import { expect, it } from 'vitest'
import { postureEvidence } from '../../../lib/evidence/postureEvidence.ts'
import { isValueOf } from '../../../lib/policy/signals/isValueOf.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { testNetwork, testUser } from '../../tokens.ts'
import { now } from '../token/verifying.ts'
import { evidenceOf, mdm, mdmTrust, orderOf, posture } from './orders.ts'

const configured = evidenceOf({ posture: [mdmTrust({ upnClaim: 'upn' })] })
const order = await orderOf({ configured })
const keys = keySets({ fetchJson: testNetwork([mdm]).fetchJson, now: () => now })
const read = (compact: string) => postureEvidence(compact, order, { keys })

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    [],
    {},
    true,
    -1,
    1e308,
    now.getTime() / 1000,
    testUser.deviceId,
  ),
)
const names = ['iss', 'aud', 'iat', 'exp', 'nbf', 'cnf', 'device_id', 'upn', 'os', 'encrypted', 'firewall']
const changed = fc.dictionary(fc.constantFrom(...names), odd, { minKeys: 1, maxKeys: 3 })

/** Which of the claims that identify a token are as they must be. */
const isOfDevice = (claims: Readonly<Record<string, unknown>>) =>
  Object.hasOwn(claims, 'device_id') ? claims['device_id'] === testUser.deviceId : true

it('postureEvidence() makes of any claims reports of every fact, or a trouble', async () => {
  await fc.assert(
    fc.asyncProperty(changed, async (claims) => {
      const { facts, troubles } = await read(await posture({ claims }))
      expect(facts).toHaveLength(4)
      const known = facts.filter(({ value }) => value !== undefined)
      expect(known.every(({ fact, value }) => isValueOf(fact, value))).toBe(true)
      if (troubles.length > 0 || !isOfDevice(claims)) expect(known).toEqual([])
    }),
    { numRuns: fuzzRuns(300) },
  )
})

it('postureEvidence() throws nothing, and repeats nothing, whatever is sent', async () => {
  const good = await posture()
  const cut = fc.nat(good.length - 1).map((end) => good.slice(0, end))
  const altered = fc
    .tuple(fc.nat(good.length - 1), fc.constantFrom('A', '.', '-', '=', ' ', 'é'))
    .map(([at, character]) => good.slice(0, at) + character + good.slice(at + 1))
    .filter((text) => text !== good)
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), cut, altered), async (compact) => {
      const { facts, troubles } = await read(compact)
      expect(facts.every(({ value }) => value === undefined)).toBe(true)
      expect(troubles).toMatchObject([{ code: 'posture-refused' }])
      const why = troubles[0]?.why ?? ''
      if (compact.length > 40) expect(why).not.toContain(compact.slice(0, 40))
    }),
    { numRuns: fuzzRuns(500) },
  )
})
