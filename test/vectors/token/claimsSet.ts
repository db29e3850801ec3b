import { deflateRawSync } from 'node:zlib'
import { after, before } from './jsonText.ts'
import type { TokenCase } from './tokenCase.ts'

const setting = 'entra' as const
const unknownIssuer = { code: 'token-issuer-unknown' } as const
const malformed = (detail: RegExp) => ({ code: 'token-malformed', detail }) as const
const twice = malformed(/Claims Set has two members of one name/)
const noObject = malformed(/Claims Set is not an object/)
const missingSub = { code: 'token-claim-invalid', detail: /"sub" is missing/ } as const

const shape: readonly TokenCase[] = [
  { name: 'an array for a Claims Set', claimsText: (json) => `[${json}]`, ...noObject },
  { name: 'null for a Claims Set', claimsText: () => 'null', ...noObject },
  { name: 'a string for a Claims Set', claimsText: (json) => JSON.stringify(json), ...noObject },
  { name: 'a number for a Claims Set', claimsText: () => '5', ...noObject },
  { name: 'true for a Claims Set', claimsText: () => 'true', ...noObject },
  { name: 'an empty object for a Claims Set', claimsText: () => '{}', ...unknownIssuer },
  { name: 'upn twice', claimsText: before('"upn":"root@contoso.example"'), ...twice },
  {
    name: 'upn twice, the second time with an escape',
    claimsText: after(String.raw`"u\u0070n":"root@contoso.example"`),
    ...twice,
  },
  { name: 'iss twice', claimsText: before('"iss":"https://other.example"'), ...twice },
  { name: 'aud twice', claimsText: before('"aud":"api://other"'), ...twice },
  { name: 'exp twice', claimsText: before('"exp":1'), ...twice },
  { name: 'jti twice', claimsText: after('"jti":"fresh"'), ...twice },
  {
    name: 'device_compliant twice, false and true',
    claimsText: before('"device_compliant":false'),
    ...twice,
  },
  { name: 'upn of Entra twice', setting, claimsText: before('"upn":"root@contoso.example"'), ...twice },
  { name: 'a claim nobody reads twice', claimsText: after('"x":1,"x":1'), ...twice },
  {
    name: 'two members of one name in an object',
    claimsText: after(`"cnf":{"jkt":"${'A'.repeat(43)}","jkt":"${'B'.repeat(43)}"}`),
    ...twice,
  },
  { name: 'two members of one name in an array', claimsText: after('"x":[[{"a":1,"a":2}]]'), ...twice },
  { name: '__proto__ twice', claimsText: after('"__proto__":1,"__proto__":2'), ...twice },
  { name: 'every claim in the prototype', claimsText: (json) => `{"__proto__":${json}}`, ...unknownIssuer },
  {
    name: 'sub in the prototype',
    claimsText: (json) => json.replace('"sub":"alice"', '"__proto__":{"sub":"alice"}'),
    ...missingSub,
  },
  {
    name: 'sub in the prototype of the constructor',
    claimsText: (json) => json.replace('"sub":"alice"', '"constructor":{"prototype":{"sub":"alice"}}'),
    ...missingSub,
  },
  {
    name: 'a claim of 33 levels',
    claimsText: after(`"x":${'['.repeat(32)}${']'.repeat(32)}`),
    ...malformed(/nested more than 32 levels/),
  },
  {
    name: 'a claim of 1500 levels',
    claimsText: after(`"x":${'{"a":'.repeat(1_500)}1${'}'.repeat(1_500)}`),
    ...malformed(/nested more than 32 levels/),
  },
]

const octets: readonly TokenCase[] = [
  {
    name: 'a Claims Set that is empty but for white space',
    claimsText: () => ' ',
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set that is a nested token',
    header: { cty: undefined },
    claimsText: (json) => `e30.${Buffer.from(json).toString('base64url')}.AAAA`,
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set that is a nested token, with cty',
    header: { cty: 'JWT' },
    claimsText: (json) => `e30.${Buffer.from(json).toString('base64url')}.AAAA`,
    code: 'token-malformed',
  },
  {
    name: 'a Claims Set that is compressed',
    claimsText: (json) => deflateRawSync(json),
    code: 'token-malformed',
    detail: /Claims Set is not (UTF-8|JSON)/,
  },
  {
    name: 'a Claims Set that is compressed, with zip',
    header: { zip: 'DEF' },
    claimsText: (json) => deflateRawSync(json),
    code: 'token-malformed',
  },
  {
    name: 'a Claims Set in form encoding',
    claimsText: (json) => new URLSearchParams(JSON.parse(json) as Record<string, string>).toString(),
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set with a byte order mark',
    claimsText: (json) => `\ufeff${json}`,
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set of Entra with a byte order mark',
    setting,
    claimsText: (json) => `\ufeff${json}`,
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set in UTF-16',
    claimsText: (json) => Buffer.from(json, 'utf16le'),
    ...malformed(/Claims Set is UTF-16/),
  },
  {
    name: 'a Claims Set in Latin-1',
    claimsText: (json) => Buffer.from(json.replace('alice', 'al\u00efce'), 'latin1'),
    ...malformed(/Claims Set is not UTF-8/),
  },
  {
    name: 'a Claims Set with an overlong sequence',
    claimsText: (json) => Buffer.from(json.replace('alice', '\u00c1\u0081'), 'latin1'),
    ...malformed(/Claims Set is not UTF-8/),
  },
  {
    name: 'a Claims Set with an encoded surrogate',
    claimsText: (json) => Buffer.from(json.replace('alice', '\u00ed\u00a0\u0080'), 'latin1'),
    ...malformed(/Claims Set is not UTF-8/),
  },
  {
    name: 'a Claims Set with a NUL after it',
    claimsText: (json) => `${json}\0`,
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set with a second one after it',
    claimsText: (json) => json + json,
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set with a comma too many',
    claimsText: (json) => `${json.slice(0, -1)},}`,
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set with a comment',
    claimsText: (json) => `/* */${json}`,
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set with single quotes',
    claimsText: (json) => json.replaceAll('"', "'"),
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set with NaN',
    claimsText: (json) => json.replace(/"exp":\d+/, '"exp":NaN'),
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set with Infinity',
    claimsText: (json) => json.replace(/"exp":\d+/, '"exp":Infinity'),
    ...malformed(/Claims Set is not JSON/),
  },
  {
    name: 'a Claims Set with a hexadecimal number',
    claimsText: (json) => json.replace(/"exp":\d+/, '"exp":0x69a5'),
    ...malformed(/Claims Set is not JSON/),
  },
]

/** Claims Sets that are not one JSON object in UTF-8 whose members have different names. */
export const claimsSet: readonly TokenCase[] = [...shape, ...octets]
