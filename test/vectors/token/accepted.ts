import type { AcceptedCase } from './tokenCase.ts'

const upn = 'alice@contoso.example'
const setting = 'entra' as const

/** What an issuer may say nothing about. */
const noFacts = { idtyp: null, nbf: null, acct: null, idp: null }

/** The own directory as `idp` has it, in the spelling of either version. */
const idpOf = (form: 'iss' | 'v1', iss: string): string =>
  form === 'iss' ? iss : iss.replace('login.microsoftonline.com', 'sts.windows.net').replace('v2.0', '')

/** Tokens that look like some of those that are refused, and are good. */
export const accepted: readonly AcceptedCase[] = [
  { name: 'a UPN in upper case, which is lowered', claims: { upn: 'ALICE@CONTOSO.EXAMPLE' }, upn },
  {
    name: 'a UPN of 64 characters',
    claims: { upn: `${'a'.repeat(48)}@contoso.example` },
    upn: `${'a'.repeat(48)}@contoso.example`,
  },
  {
    name: 'a UPN of every character there is',
    claims: { upn: "o'hara.b-c_d!e#f^g~1@contoso.example" },
    upn: "o'hara.b-c_d!e#f^g~1@contoso.example",
  },
  {
    name: 'an audience in an array of its own (RFC 7519 section 4.1.3)',
    claims: { aud: ['api://mayfly'] },
    upn,
  },
  {
    name: 'typ with the prefix that RFC 7515 section 4.1.9 lets issuers leave out',
    header: { typ: 'application/at+jwt' },
    upn,
  },
  { name: 'typ in upper case: media types have no case', header: { typ: 'AT+JWT' }, upn },
  {
    name: 'optional claims that are null',
    claims: { onprem_sid: null, device_id: null, cnf: null, nbf: null },
    upn,
  },
  { name: 'optional claims that are empty', claims: { onprem_sid: '', device_id: '' }, upn },
  { name: 'a SID that nobody needs, whatever it is', claims: { onprem_sid: ['S-1', 5] }, upn },
  { name: 'idtyp, nbf, acct and idp of Entra that are null', setting, claims: noFacts, upn },
  { name: 'acct and idp of a member', setting, claims: { acct: 0, idp: null }, upn },
  { name: 'acct of a member as text, and idp that is empty', setting, claims: { acct: '0', idp: '' }, upn },
  ...(['iss', 'v1'] as const).map((form): AcceptedCase => ({
    name: `idp of Entra that is the own directory's ${form}`,
    setting,
    claimsText: (json) =>
      json.replace(/"iss":("[^"]+")/, (iss, own: string) => `${iss},"idp":${idpOf(form, own)}`),
    upn,
  })),
  { name: 'acct and idp of an issuer that is not Entra', claims: { acct: 'acct:alice', idp: 'local' }, upn },
  {
    name: '_ext_ inside a name',
    claims: { upn: 'al_ext_ice@contoso.example' },
    upn: 'al_ext_ice@contoso.example',
  },
  ...[
    '{0B5F7C86-9E5E-4C44-8A3F-3D2B9B0C7F11}',
    '(0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11)',
    '0b5f7c869e5e4c448a3f3d2b9b0c7f11',
    'URN:UUID:0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
    '00000000-0000-0000-0000-000000000000',
  ].map((device_id): AcceptedCase => ({ name: `device_id: ${device_id}`, claims: { device_id }, upn })),
  { name: 'no kid, where one key is published', header: { kid: undefined }, upn },
  {
    name: 'a certificate in x5c beside a good kid and signature',
    header: ({ strangerCertificate }) => ({
      x5c: [strangerCertificate],
      x5t: 'A'.repeat(27),
      jku: 'https://attacker.example/keys',
    }),
    upn,
  },
  { name: 'a header parameter that nobody knows, and that is not critical', header: { x: 1 }, upn },
  {
    name: 'a header and a Claims Set in lines',
    headerText: (json) => json.replaceAll(',', ',\r\n '),
    claimsText: (json) => ` ${json.replaceAll(',', ',\n\t')}\n`,
    upn,
  },
  {
    name: 'escapes in a name and in a value',
    claimsText: (json) => json.replace('"sub":"alice"', String.raw`"s\u0075b":"\u0061lice"`),
    upn,
  },
  {
    name: 'a claim of 32 levels',
    claimsText: (json) => `${json.slice(0, -1)},"x":${'['.repeat(31)}${']'.repeat(31)}}`,
    upn,
  },
  { name: 'the same name in different objects', claims: { a: { sub: 'x' }, b: [{ sub: 'y' }] }, upn },
  {
    name: '__proto__ beside good claims',
    claimsText: (json) => json.replace('{', '{"__proto__":{"upn":"root@contoso.example"},'),
    upn,
  },
  { name: 'half a surrogate pair in a claim that nobody reads', claims: { name: 'Alice \ud83d' }, upn },
  { name: 'exp a second from now', claims: (now) => ({ exp: now + 1 }), upn },
  {
    name: 'exp a millisecond from now: a NumericDate may have a fraction',
    claims: (now) => ({ exp: now + 0.001 }),
    upn,
  },
  {
    name: 'iat and nbf at the end of the tolerance',
    claims: (now) => ({ iat: now + 60, nbf: now + 60 }),
    upn,
  },
  { name: 'iat at the oldest age', claims: (now) => ({ iat: now - 900 }), upn },
  { name: 'a life of 28 hours', claims: (now) => ({ exp: now + 28 * 3_600 }), upn },
  {
    name: 'a scope among others',
    setting: 'entra',
    claims: { scp: 'User.Read Certificates.Enroll profile' },
    upn,
  },
  { name: 'idtyp that says user', setting: 'entra', claims: { idtyp: 'user' }, upn },
  {
    name: 'the kid of the first of several keys',
    setting: 'severalKeys',
    header: ({ issuer }) => ({ kid: issuer.kid }),
    upn,
  },
]
