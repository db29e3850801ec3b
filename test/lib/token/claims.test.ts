import { describe, expect, it } from 'vitest'
import { genericTenant, verifyEntra, verifyGeneric } from './verifying.ts'

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

  const noStrings = [1, true, null, ['x'], { x: 1 }]
  const wrongTexts = ['', 'x'.repeat(513), 'a\nb', 'a\u0000b', 'ä']
  const names = ['sub', 'jti', 'onprem_sid', 'device_id']
  it.each([
    ...[...names, 'upn'].flatMap((claim) => noStrings.map((value) => ({ claim, value }))),
    ...names.flatMap((claim) => wrongTexts.map((value) => ({ claim, value }))),
  ])('$claim of $value', ({ claim, value }) =>
    expect(verifyGeneric({ claims: { [claim]: value } })).toRefuse('token-claim-invalid'),
  )

  it.each(wrongTexts)('upn of %j, as a name that is not allowed', (upn) =>
    expect(verifyGeneric({ claims: { upn } })).toRefuse('upn-refused'),
  )

  const wrongDates = ['1', true, null, [1], -1, 253_402_300_800, 1e300]
  it.each(['exp', 'iat', 'nbf'].flatMap((claim) => wrongDates.map((value) => ({ claim, value }))))(
    '$claim of $value',
    ({ claim, value }) =>
      expect(verifyGeneric({ claims: { [claim]: value } })).toRefuse('token-claim-invalid'),
  )

  it('device_id that is not a UUID', () =>
    expect(verifyGeneric({ claims: { device_id: 'laptop-17' } })).toRefuse(
      'token-claim-invalid',
      /not a UUID/,
    ))

  it.each([
    {},
    null,
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
