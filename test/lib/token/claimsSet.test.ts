import { describe, expect, it } from 'vitest'
import { genericTenant, usesSid, verifyEntra, verifyGeneric } from './verifying.ts'

describe('verifyToken() refuses a claim', () => {
  it.each(['sub', 'jti', 'upn', 'exp', 'iat'])('%s that is missing', (claim) =>
    expect(verifyGeneric({ claims: { [claim]: undefined } })).toRefuse(
      'token-claim-invalid',
      new RegExp(`"${claim}" is missing`),
    ),
  )

  it.each(['oid', 'uti', 'upn', 'exp', 'iat'])('%s that is missing from an Entra token', (claim) =>
    expect(verifyEntra({ claims: { [claim]: undefined } })).toRefuse(
      'token-claim-invalid',
      new RegExp(`"${claim}" is missing`),
    ),
  )

  const noStrings = [1, true, ['x'], { x: 1 }]
  const absent = [null, '']
  const wrongTexts = ['x'.repeat(513), 'a\nb', 'a\u0000b', 'ä']
  const optional = ['onprem_sid', 'device_id']
  const all = ['sub', 'jti', ...optional]
  const withSid = genericTenant({}, usesSid)
  const each = (claims: readonly string[], values: readonly unknown[]) =>
    claims.flatMap((claim) => values.map((value) => ({ claim, value })))
  it.each([
    ...each(['upn', ...all], noStrings),
    ...each(all, wrongTexts),
    ...each(['sub', 'jti'], absent),
    ...each(['upn', 'exp', 'iat'], absent),
  ])('$claim of $value', ({ claim, value }) =>
    expect(verifyGeneric({ claims: { [claim]: value } }, withSid)).toRefuse('token-claim-invalid'),
  )

  it.each(each(optional, absent))('but not an optional $claim of $value', async ({ claim, value }) => {
    const { facts } = await verifyGeneric({ claims: { [claim]: value } }, withSid)
    expect(claim === 'device_id' ? facts.deviceId : facts.sid).toBeUndefined()
  })

  it.each(wrongTexts)('upn of %j, as a name that is not allowed', (upn) =>
    expect(verifyGeneric({ claims: { upn } })).toRefuse('upn-refused'),
  )

  const wrongDates = ['1', true, [1], -1, 253_402_300_800, 1e300]
  it.each(['exp', 'iat', 'nbf'].flatMap((claim) => wrongDates.map((value) => ({ claim, value }))))(
    '$claim of $value',
    ({ claim, value }) =>
      expect(verifyGeneric({ claims: { [claim]: value } })).toRefuse('token-claim-invalid'),
  )

  it.each([
    ['1772449200', /is a string, a number of seconds wanted/],
    [1_772_449_200_000, /which counts seconds/],
  ])('exp of %j, and says what it should be', (exp, what) =>
    expect(verifyGeneric({ claims: { exp } })).toRefuse('token-claim-invalid', what),
  )

  it('upn or jti that is missing, with what to do about it', async () => {
    await expect(verifyEntra({ claims: { upn: null } })).toRefuse(
      'token-claim-invalid',
      /Add the optional claim upn/,
    )
    await expect(verifyGeneric({ claims: { jti: null } })).toRefuse(
      'token-claim-invalid',
      /Have the issuer write it/,
    )
  })

  it('device_id that is not a UUID', () =>
    expect(verifyGeneric({ claims: { device_id: 'laptop-17' } })).toRefuse(
      'token-claim-invalid',
      /not a UUID/,
    ))

  it.each([
    {},
    'x',
    [],
    { jkt: 5 },
    { jkt: 'short' },
    { jkt: `${'A'.repeat(42)}=` },
    { 'x5t#S256': 'A'.repeat(43) },
    { jwk: {} },
    { jkt: 'A'.repeat(43), 'x5t#S256': 'A'.repeat(43) },
    { kid: 'key', jkt: 'A'.repeat(43) },
    { jkt: 'A'.repeat(43), jwk: null },
    [['jkt', 'A'.repeat(43)]],
  ])('cnf of %j: bound to a key in a way Mayfly cannot check', (cnf) =>
    expect(verifyGeneric({ claims: { cnf } })).toRefuse('token-claim-invalid', /"cnf"/),
  )

  it('that is inherited and not written', () =>
    expect(verifyGeneric({}, genericTenant({ claims: { subject: 'constructor' } }))).toRefuse(
      'token-claim-invalid',
      /is missing/,
    ))

  it("upn under a suffix that is not the tenant's", () =>
    expect(verifyGeneric({ claims: { upn: 'alice@evil.example' } })).toRefuse('upn-refused'))
})
