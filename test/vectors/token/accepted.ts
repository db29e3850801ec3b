import type { AcceptedCase } from './tokenCase.ts'

const upn = 'alice@contoso.example'

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
