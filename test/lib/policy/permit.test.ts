import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideToken, refusalOf } from '../../../lib/policy/permit.ts'
import type { Members } from '../../tenants.ts'
import type { TokenChanges } from '../../tokens.ts'
import { directoryId, entraTenant, genericTenant, verifyEntra, verifyGeneric } from '../token/verifying.ts'

const byClaim = (claim: string, equals: unknown): Members => ({ kind: 'claim', claim, equals })
const byContext = (context: string): Members => ({
  kind: 'authenticationContext',
  context,
  entraPolicy: 'CA014',
})

/** Decides for a generic token under these proofs. */
const decideGeneric = async (proofs: readonly Members[], claims: TokenChanges['claims'] = {}) =>
  decideToken(await verifyGeneric({ claims }, genericTenant({ complianceProofs: proofs })))

const denied = (signal: 'unknown' | 'disproven', context?: string) => ({
  kind: 'deny',
  signal,
  context,
})

describe('decideToken() by a claim', () => {
  it('permits when it equals the configured value, and says what proved it', async () => {
    const decision = await decideGeneric([byClaim('posture', 'good')], { posture: 'good' })
    expect(decision).toMatchObject({
      kind: 'permit',
      proof: 'claim posture',
    })
  })

  it.each([true, 1, 'yes'])('permits for %j in an array that contains it', async (value) => {
    const decision = await decideGeneric([byClaim('posture', value)], { posture: ['other', value] })
    expect(decision.kind).toBe('permit')
  })

  it.each([
    ['good', 'Good'],
    ['good', 'good '],
    ['good', []],
    ['good', [1, 'bad']],
    ['good', 'not good'],
    [true, false],
    [true, [true, false]],
    [1, 2],
  ])('of %j denies for %j', async (equals, posture) => {
    expect(await decideGeneric([byClaim('posture', equals)], { posture })).toMatchObject({
      ...denied('disproven'),
      mistaken: undefined,
    })
  })

  it.each([
    [true, 'true', 'a string, true'],
    [true, ['true'], 'a list of others, true'],
    [true, 1, 'a number, true'],
    [1, '1', 'a string, 1'],
    [1, true, 'a boolean, 1'],
    ['1', 1, 'a number, "1"'],
    ['good', { good: true }, 'an object, "good"'],
    ['good', [['good']], 'a list of others, "good"'],
  ])('of %j denies for %j, which says neither', async (equals, posture, is) => {
    const decision = await decideGeneric([byClaim('posture', equals)], { posture })
    expect(decision).toMatchObject({ ...denied('unknown'), mistaken: `claim "posture" is ${is} wanted` })
  })

  it('denies what it does not say, since an unknown signal proves nothing', async () => {
    expect(await decideGeneric([byClaim('posture', 'good')])).toMatchObject(denied('unknown'))
    expect(await decideGeneric([byClaim('posture', 'good')], { posture: null })).toMatchObject(
      denied('unknown'),
    )
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'takes %s for absent, which every object inherits',
    async (claim) => {
      expect(await decideGeneric([byClaim(claim, 'x')])).toMatchObject(denied('unknown'))
    },
  )
})

describe('decideToken() by an authentication context', () => {
  it('permits when acrs contains it, and names the Entra policy behind it', async () => {
    const decision = decideToken(await verifyEntra({ claims: { acrs: ['c3', 'c1'] } }))
    expect(decision).toMatchObject({
      kind: 'permit',
      proof: 'authentication context c1 (CA014 Require compliant device for VPN)',
    })
  })

  it.each([[['c11']], [['C1']], [[]], ['c11']])('denies for acrs of %j', async (acrs) => {
    expect(decideToken(await verifyEntra({ claims: { acrs } }))).toMatchObject(denied('disproven', 'c1'))
  })

  it.each([undefined, null, ''])(
    'denies for acrs of %j, and names the context that is missing',
    async (acrs) => {
      expect(decideToken(await verifyEntra({ claims: { acrs } }))).toMatchObject(denied('unknown', 'c1'))
    },
  )
})

describe('decideToken() by several proofs', () => {
  it('tells for the record what each of them came to', async () => {
    const record = [
      { proof: 'claim a', signal: 'disproven' },
      { proof: 'authentication context c2 (CA014)', signal: 'unknown' },
      { proof: 'claim b', signal: 'proven' },
    ]
    const proofs = [byClaim('a', true), byContext('c2'), byClaim('b', true)]
    expect(await decideGeneric(proofs, { a: false, b: true })).toMatchObject({ signals: record })
    expect(await decideGeneric(proofs.slice(0, 2), { a: false })).toMatchObject({
      kind: 'deny',
      signals: record.slice(0, 2),
    })
  })

  const proofs = [byClaim('a', true), byContext('c2'), byClaim('b', 'yes')]

  it('permits when any one holds', async () => {
    expect((await decideGeneric(proofs, { b: 'yes', a: false })).kind).toBe('permit')
    expect((await decideGeneric(proofs, { acrs: ['c2'] })).kind).toBe('permit')
  })

  it('denies when none does, and tells disproven from unknown', async () => {
    expect(await decideGeneric(proofs)).toMatchObject(denied('unknown', 'c2'))
    expect(await decideGeneric(proofs, { a: false })).toMatchObject(denied('disproven', 'c2'))
  })

  it('never turns a denial into a permit by removing a claim', async () => {
    const claims = fc.dictionary(
      fc.constantFrom('a', 'b', 'acrs', 'device_compliant', 'xms_cc'),
      fc.constantFrom<unknown>(true, false, null, 'yes', ['yes'], ['c2'], 'c2', []),
    )
    const property = fc.asyncProperty(claims, async (given) => {
      const all = { device_compliant: undefined, ...given }
      const decision = await decideGeneric(proofs, all)
      if (decision.kind === 'permit') return true
      const without = Object.keys(given).map((name) => decideGeneric(proofs, { ...all, [name]: undefined }))
      return (await Promise.all(without)).every(({ kind }) => kind === 'deny')
    })
    await expect(fc.assert(property, { numRuns: 60 })).resolves.toBeUndefined()
  })

  it('decides the same for the same token', async () => {
    const token = await verifyGeneric({}, genericTenant({ complianceProofs: proofs }))
    expect(decideToken(token)).toEqual(decideToken(token))
  })
})

describe('refusalOf()', () => {
  const refused = async (changes: TokenChanges, trust: Members = {}) => {
    const token = await verifyEntra(changes, entraTenant(trust))
    const decision = decideToken(token)
    if (decision.kind === 'permit') throw new Error('The token was permitted.')
    return refusalOf(decision, token)
  }

  it('challenges a client of Entra that says it understands challenges', async () => {
    const refusal = await refused({ claims: { acrs: [] } })
    expect([refusal.code, refusal.status]).toEqual(['claims-challenge', 401])
    expect(refusal.options.challenge?.authorizationUri).toBe(
      `https://login.microsoftonline.com/${directoryId}/oauth2/v2.0/authorize`,
    )
    const claims = Buffer.from(refusal.options.challenge?.claims ?? '', 'base64').toString()
    expect(JSON.parse(claims)).toEqual({ access_token: { acrs: { essential: true, value: 'c1' } } })
  })

  it.each([undefined, [], ['cp2'], 'cp', [1], { cp1: true }])(
    'does not challenge a client whose xms_cc is %j',
    async (capabilities) => {
      const refusal = await refused({ claims: { acrs: undefined, xms_cc: capabilities } })
      expect([refusal.code, refusal.status, refusal.options.challenge]).toEqual([
        'device-not-compliant',
        403,
        undefined,
      ])
    },
  )

  it.each([['CP1'], 'Cp1', ['x', 'cP1']])('challenges a client whose xms_cc is %j', async (capabilities) => {
    const refusal = await refused({ claims: { acrs: undefined, xms_cc: capabilities } })
    expect(refusal.code).toBe('claims-challenge')
  })

  it('does not challenge where no authentication context would help', async () => {
    const refusal = await refused({}, { complianceProofs: [byClaim('posture', 'good')] })
    expect(refusal.code).toBe('device-not-compliant')
  })

  it('does not challenge a client of a generic issuer', async () => {
    const token = await verifyGeneric(
      { claims: { xms_cc: ['cp1'] } },
      genericTenant({ complianceProofs: [byContext('c1')] }),
    )
    const decision = decideToken(token)
    expect(decision.kind === 'deny' && refusalOf(decision, token).code).toBe('device-not-compliant')
  })

  it('tells a device that is not compliant from one that is not known to be', async () => {
    const proofs = { complianceProofs: [byClaim('compliant', true)] }
    expect((await refused({ claims: { compliant: false } }, proofs)).detail).toMatch(
      /says that the device is not compliant/,
    )
    expect((await refused({}, proofs)).detail).toMatch(/does not prove a compliant device\.$/)
    expect((await refused({ claims: { compliant: 'true' } }, proofs)).detail).toMatch(
      /does not prove a compliant device: its claim "compliant" is a string, true wanted\.$/,
    )
  })
})
