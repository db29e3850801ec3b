import { entraClient } from '../../tokens.ts'
import { rewritten } from './jsonText.ts'
import type { TokenCase } from './tokenCase.ts'

const setting = 'entra' as const
const unknownIssuer = { code: 'token-issuer-unknown' } as const
const wrongAudience = { code: 'token-audience-wrong' } as const
const mismatch = { code: 'token-tenant-mismatch' } as const

/** The `iss` of the same directory's v1.0 tokens. */
const v1 = (iss: string): string =>
  iss.replace('login.microsoftonline.com', 'sts.windows.net').replace('v2.0', '')

/** The directory of all personal accounts. */
const consumers = '9188040d-6c67-4c5b-b112-36a304b66dad'

const issuers: readonly (readonly [name: string, change: (iss: string) => unknown])[] = [
  ['another', () => 'https://other.example'],
  ['ours with a slash after it', (iss) => `${iss}/`],
  ['ours in upper case', (iss) => iss.toUpperCase()],
  ['ours without its last character', (iss) => iss.slice(0, -1)],
  ['ours with more after it', (iss) => `${iss}.attacker.example`],
  ['ours beneath another host', (iss) => `https://attacker.example/${iss}`],
  ['ours before an @', (iss) => `${iss}@attacker.example`],
  ['ours over http', (iss) => iss.replace('https:', 'http:')],
  ['ours with its default port', (iss) => iss.replace('.example', '.example:443')],
  ['ours with a query', (iss) => `${iss}?`],
  ['ours with an escape', (iss) => iss.replace('issuer', '%69ssuer')],
  ['ours with a space after it', (iss) => `${iss} `],
  ['ours in an array', (iss) => [iss]],
  ['left out', () => undefined],
  ['null', () => null],
]

const audiences: readonly (readonly [name: string, change: (aud: string) => unknown])[] = [
  ['another', () => 'api://other'],
  ['ours and another', (aud) => [aud, 'api://other']],
  ['another and ours', (aud) => ['api://other', aud]],
  ['ours twice', (aud) => [aud, aud]],
  ['ours in an array in an array', (aud) => [[aud]]],
  ['ours in an object', (aud) => ({ 0: aud, length: 1 })],
  ['ours in upper case', (aud) => aud.toUpperCase()],
  ['ours with more after it', (aud) => `${aud}/x`],
  ['the start of ours', (aud) => aud.slice(0, -1)],
  ['ours and another in one string', (aud) => `${aud} api://other`],
  ['an empty array', () => []],
  ['a number', () => 5],
  ['null', () => null],
  ['left out', () => undefined],
]

/** Tokens of other issuers, for other audiences, of other tenants. */
export const source: readonly TokenCase[] = [
  ...issuers.map(([name, change]): TokenCase => ({
    name: `iss: ${name}`,
    claimsText: rewritten('iss', change),
    ...unknownIssuer,
  })),
  {
    name: 'iss of Entra: another directory',
    setting,
    claimsText: rewritten('iss', (iss) => iss.replace(/[0-9a-f]{8}-/, '00000000-')),
    ...unknownIssuer,
    detail: /an Entra directory that the tenant does not name/,
  },
  ...[false, true].map((isForged): TokenCase => ({
    name: `iss of Entra: a v1.0 token${isForged ? ' that somebody else signed' : ''}`,
    setting,
    claimsText: rewritten('iss', v1),
    ...(isForged
      ? { sign: () => Buffer.alloc(256, 1), code: 'token-signature-invalid' }
      : { code: 'token-version-refused', detail: /v1 token\. Set requestedAccessTokenVersion to 2/ }),
  })),
  {
    name: 'iss of Entra: a v1.0 token of China',
    setting,
    claimsText: rewritten('iss', (iss) => v1(iss).replace('windows.net', 'chinacloudapi.cn')),
    code: 'token-version-refused',
  },
  {
    name: 'iss of Entra: a v1.0 token that says it is a v2.0 one, and is good otherwise',
    setting,
    claimsText: (json) => rewritten('iss', v1)(json).replace('"ver":"1.0"', '"ver":"2.0"'),
    code: 'token-version-refused',
  },
  ...(
    [
      [
        'a v1.0 token of another directory',
        (iss) => v1(iss).replace(/[0-9a-f]{8}-/, '00000000-'),
        /v1 token of/,
      ],
      ['a v1.0 token without its slash', (iss) => v1(iss).slice(0, -1), /v1 token of/],
      ['a personal account', (iss) => iss.replace(/[\da-f-]{36}/, consumers), /personal Microsoft account/],
      ['B2C', (iss) => iss.replace('login.microsoftonline', 'x.b2clogin'), /Azure AD B2C/],
      ['an external tenant', (iss) => iss.replace('login.microsoftonline', 'x.ciamlogin'), /external tenant/],
      ['a slash after it', (iss) => `${iss}/`, /another slash|slash at its end|does not name/],
    ] as const satisfies readonly (readonly [string, (iss: string) => string, RegExp])[]
  ).map(([name, change, detail]): TokenCase => ({
    name: `iss of Entra: ${name}`,
    setting,
    claimsText: rewritten('iss', change),
    ...unknownIssuer,
    detail,
  })),
  {
    name: 'iss of Entra: common',
    setting,
    claims: { iss: 'https://login.microsoftonline.com/common/v2.0' },
    ...unknownIssuer,
  },
  ...audiences.map(([name, change]): TokenCase => ({
    name: `aud: ${name}`,
    claimsText: rewritten('aud', change),
    ...wrongAudience,
  })),
  {
    name: 'aud of Entra: Microsoft Graph',
    setting,
    claims: { aud: '00000003-0000-0000-c000-000000000000' },
    ...wrongAudience,
    detail: /It is a token for Microsoft Graph/,
  },
  {
    name: 'aud of Entra: Microsoft Graph, as Graph alone can verify it',
    setting,
    header: { nonce: 'n' },
    claims: { aud: 'https://graph.microsoft.com/' },
    sign: () => Buffer.alloc(256, 1),
    code: 'token-signature-invalid',
    detail: /It is a token for Microsoft Graph/,
  },
  {
    name: 'aud of Entra: the client itself, as ID tokens have it',
    setting,
    claims: { aud: entraClient.azp, scp: undefined },
    ...wrongAudience,
    detail: /It is an ID token/,
  },
  {
    name: 'tid: another directory',
    setting,
    claims: { tid: 'c2a1b0d9-0000-4000-8000-00000000aa02' },
    ...mismatch,
  },
  { name: 'tid: left out', setting, claims: { tid: undefined }, ...mismatch },
  { name: 'tid: ours in an array', setting, claimsText: rewritten('tid', (tid) => [tid]), ...mismatch },
  { name: 'tid: ours with braces', setting, claimsText: rewritten('tid', (tid) => `{${tid}}`), ...mismatch },
  {
    name: 'the tenant claim of another tenant',
    setting: 'tenantClaim',
    claims: { org: 'blue' },
    ...mismatch,
  },
  { name: 'the tenant claim in another case', setting: 'tenantClaim', claims: { org: 'Red' }, ...mismatch },
  { name: 'the tenant claim in an array', setting: 'tenantClaim', claims: { org: ['red'] }, ...mismatch },
  { name: 'no tenant claim', setting: 'tenantClaim', ...mismatch },
]
