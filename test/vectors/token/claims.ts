import type { TokenCase } from './tokenCase.ts'

const setting = 'entra' as const
const invalid = (claim: string, detail = 'is') =>
  ({ code: 'token-claim-invalid', detail: new RegExp(`"${claim}" ${detail}`) }) as const
const afterwards = <Code extends TokenCase['code']>(code: Code) =>
  ({ code, refusedAfterVerification: true }) as const

/** A text claim in ways in which it is none. */
const noText = (claim: string, where: TokenCase['setting'] = 'generic'): readonly TokenCase[] =>
  (
    [
      ['left out', undefined],
      ['null', null],
      ['a number', 5],
      ['true', true],
      ['an array', ['alice']],
      ['an object', { 0: 'alice' }],
      ['empty', ''],
      ['513 characters', 'a'.repeat(513)],
      ['a text with a line feed', 'alice\nbob'],
      ['a text with a NUL', 'alice\0'],
      ['a text beyond ASCII', 'al\u00efce'],
      ['a text with half a surrogate pair', 'alice\ud800'],
    ] as const
  ).map(([name, value]) => ({
    name: `${claim}: ${name}`,
    setting: where,
    claims: { [claim]: value },
    ...invalid(claim),
  }))

const identity: readonly TokenCase[] = [
  ...['sub', 'jti'].flatMap((claim) => noText(claim)),
  ...['oid', 'uti'].flatMap((claim) => noText(claim, setting)),
  {
    name: 'device_id: no UUID',
    claims: { device_id: 'laptop-17' },
    ...invalid('device_id', 'is not a UUID'),
  },
  ...['{0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11', '0b5f7c86-9e5e4c44-8a3f-3d2b9b0c7f11', '0b5f7c86'].map(
    (device_id): TokenCase => ({
      name: `device_id: ${device_id}`,
      claims: { device_id },
      ...invalid('device_id', 'is not a UUID'),
    }),
  ),
  {
    name: 'device_id: an array',
    claims: { device_id: ['0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11'] },
    ...invalid('device_id', 'is not a string'),
  },
  {
    name: 'onprem_sid: an array',
    setting: 'sidRequired',
    claims: { onprem_sid: ['S-1-5-21-1-2-3-1104'] },
    ...invalid('onprem_sid', 'is not a string'),
  },
  ...([undefined, null, ''] as const).map((onprem_sid): TokenCase => ({
    name: `onprem_sid: ${onprem_sid === '' ? 'empty' : String(onprem_sid)} where the tenant requires it`,
    setting: 'sidRequired',
    claims: { onprem_sid },
    ...afterwards('sid-refused'),
  })),
  {
    name: 'onprem_sid: of another domain',
    setting: 'sidRequired',
    claims: { onprem_sid: 'S-1-5-21-1-2-3-1104' },
    ...afterwards('sid-refused'),
  },
  {
    name: 'onprem_sid: the Administrator',
    setting: 'sidRequired',
    claims: { onprem_sid: 'S-1-5-21-1111111111-2222222222-3333333333-500' },
    ...afterwards('sid-refused'),
  },
  {
    name: 'onprem_sid: a built-in group',
    setting: 'sidRequired',
    claims: { onprem_sid: 'S-1-5-32-544' },
    ...afterwards('sid-refused'),
  },
  { name: 'cnf: empty', claims: { cnf: {} }, ...invalid('cnf') },
  { name: 'cnf: without jkt', claims: { cnf: { 'x5t#S256': 'A'.repeat(43) } }, ...invalid('cnf') },
  { name: 'cnf: a jkt that is cut off', claims: { cnf: { jkt: 'A'.repeat(42) } }, ...invalid('cnf') },
  {
    name: 'cnf: a jkt, beside the thumbprint of a TLS certificate (RFC 8705)',
    claims: { cnf: { jkt: 'A'.repeat(43), 'x5t#S256': 'A'.repeat(43) } },
    ...invalid('cnf'),
  },
  {
    name: 'cnf: the thumbprint of another key',
    claims: { cnf: { jkt: 'A'.repeat(43) } },
    ...afterwards('key-binding-mismatch'),
  },
]

const notCompliant: readonly (readonly [name: string, value: unknown])[] = [
  ['false', false],
  ['left out', undefined],
  ['null', null],
  ['the text true', 'true'],
  ['1', 1],
  ['an object', { true: true }],
  ['an empty array', []],
  ['the text true in an array', ['true']],
]

const compliance: readonly TokenCase[] = [
  ...notCompliant.map(([name, value]): TokenCase => ({
    name: `device_compliant: ${name}`,
    claims: { device_compliant: value },
    ...afterwards('device-not-compliant'),
  })),
  {
    name: 'device_compliant in another case',
    claimsText: (json) => json.replace('device_compliant', 'Device_Compliant'),
    ...afterwards('device-not-compliant'),
  },
  {
    name: 'device_compliant in the prototype',
    claimsText: (json) => json.replace('"device_compliant":true', '"__proto__":{"device_compliant":true}'),
    ...afterwards('device-not-compliant'),
  },
  { name: 'acrs: left out', setting, claims: { acrs: undefined }, ...afterwards('claims-challenge') },
  {
    name: 'acrs: another context',
    setting,
    claims: { acrs: ['c10', 'C1'] },
    ...afterwards('claims-challenge'),
  },
  {
    name: 'acrs: the context in a longer text',
    setting,
    claims: { acrs: 'c1 c2' },
    ...afterwards('claims-challenge'),
  },
  {
    name: 'acrs: left out, for a client without challenges',
    setting,
    claims: { acrs: undefined, xms_cc: undefined },
    ...afterwards('device-not-compliant'),
  },
]

/** Claims about user and device that are missing, of another type or of no use. */
export const claims: readonly TokenCase[] = [...identity, ...compliance]
