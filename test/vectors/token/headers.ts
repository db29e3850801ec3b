import { after, before } from './jsonText.ts'
import { byStranger, type Deviation, type TokenCase } from './tokenCase.ts'

const malformed = (detail: RegExp) => ({ code: 'token-malformed', detail }) as const
const notUnderstood = malformed(/protected header has "\w+"/)
const twice = malformed(/protected header has two members of one name/)
const refusedAlgorithm = { code: 'token-algorithm-refused', detail: /its "alg" is not/ } as const
const refusedType = { code: 'token-type-refused', detail: /its "typ" is not at\+jwt/ } as const
const unknownKey = { code: 'token-key-unknown' } as const
const invalid = { code: 'token-signature-invalid' } as const

/** A stranger who says in the header where the key is. */
const bringsKey = (name: string, header: NonNullable<Deviation['header']>): readonly TokenCase[] => {
  const own: NonNullable<Deviation['header']> = async (signers) => ({
    ...(typeof header === 'function' ? await header(signers) : header),
    kid: signers.stranger.kid,
  })
  return [
    { name: `${name}, under the kid of the published key`, header, sign: byStranger, ...invalid },
    { name: `${name}, under a kid of its own`, header: own, sign: byStranger, ...unknownKey },
  ]
}

const kids: readonly (readonly [name: string, kid: unknown])[] = [
  ['nobody publishes', 'nobody'],
  ['is empty', ''],
  ['is a path', '../../etc/passwd'],
  ['is a device', '/dev/null'],
  ['is a path beneath the keys', 'keys/1'],
  ['is a URL', 'https://attacker.example/keys#1'],
  ['is a piece of SQL', "x' UNION SELECT 'secret' --"],
  ['is a shell command', '$(id)|id'],
  ['has 4096 characters', 'k'.repeat(4_096)],
  ['is the name of a prototype', '__proto__'],
  ['has a NUL', 'key\0'],
]

const kidsOfOtherTypes: readonly (readonly [name: string, kid: unknown])[] = [
  ['a number', 1],
  ['null', null],
  ['an array', ['x']],
  ['an object', { toString: 'x' }],
]

const critical: readonly (readonly [name: string, header: Readonly<Record<string, unknown>>])[] = [
  ['an extension that nobody knows', { crit: ['exp2'], exp2: 1 }],
  ['nothing', { crit: [] }],
  ['b64, which is false (RFC 7797)', { crit: ['b64'], b64: false }],
  ['b64, which is true', { crit: ['b64'], b64: true }],
  ['an extension that is not there', { crit: ['b64'] }],
  ['a parameter that RFC 7515 defines', { crit: ['alg'] }],
  ['b64 twice', { crit: ['b64', 'b64'], b64: true }],
  ['something in a string', { crit: 'exp2' }],
  ['something that is null', { crit: null }],
]

/** What the protected header may not say. */
export const headers: readonly TokenCase[] = [
  ...bringsKey('a key in jwk', ({ stranger }) => ({ jwk: stranger.jwk })),
  ...bringsKey('a URL of keys in jku', { jku: 'https://attacker.example/keys' }),
  ...bringsKey('a certificate in x5c', ({ strangerCertificate }) => ({ x5c: [strangerCertificate] })),
  ...bringsKey('a URL of certificates in x5u', { x5u: 'https://attacker.example/chain.pem' }),
  {
    name: 'a key in jwk, without a kid',
    header: ({ stranger }) => ({ kid: undefined, jwk: stranger.jwk }),
    sign: byStranger,
    ...invalid,
  },
  {
    name: 'x5t alone, without a kid',
    header: { kid: undefined, x5t: 'A'.repeat(27) },
    sign: byStranger,
    ...invalid,
  },
  {
    name: 'x5t alone, where several keys are published',
    setting: 'severalKeys',
    header: ({ issuer }) => ({ kid: undefined, x5t: issuer.kid }),
    ...unknownKey,
  },
  {
    name: 'no kid, where several keys are published',
    setting: 'severalKeys',
    header: { kid: undefined },
    ...unknownKey,
  },
  {
    name: 'the kid of the other key that is published',
    setting: 'severalKeys',
    header: { kid: 'second' },
    ...invalid,
  },
  ...kids.map(([name, kid]): TokenCase => ({ name: `a kid that ${name}`, header: { kid }, ...unknownKey })),
  {
    name: 'a kid in another case',
    header: ({ issuer }) => ({ kid: issuer.kid.toLowerCase() }),
    ...unknownKey,
  },
  { name: 'a kid with a space after it', header: ({ issuer }) => ({ kid: `${issuer.kid} ` }), ...unknownKey },
  ...kidsOfOtherTypes.map(([name, kid]): TokenCase => ({
    name: `a kid that is ${name}`,
    header: { kid },
    ...malformed(/"kid"/),
  })),
  ...critical.map(([name, header]): TokenCase => ({
    name: `crit that names ${name}`,
    header,
    ...malformed(/protected header has "crit"/),
  })),
  { name: 'b64 that is false, without crit', header: { b64: false }, ...notUnderstood },
  { name: 'zip, over a Claims Set that is not compressed', header: { zip: 'DEF' }, ...notUnderstood },
  { name: 'enc, as encrypted tokens have it', header: { enc: 'A256GCM' }, ...notUnderstood },
  {
    name: 'cty JWT, over a Claims Set that is no token (RFC 7519 section 5.2)',
    header: { cty: 'JWT' },
    ...notUnderstood,
  },
  { name: 'cty application/jwt', header: { cty: 'application/jwt' }, ...notUnderstood },
  { name: 'cty that is null', header: { cty: null }, ...malformed(/"cty" is not a string/) },
  { name: 'cty that is a number', header: { cty: 5 }, ...malformed(/"cty" is not a string/) },
  { name: 'cty that is a list with JWT', header: { cty: ['JWT'] }, ...malformed(/"cty" is not a string/) },
  { name: 'typ JWT, which ID tokens have too', header: { typ: 'JWT' }, ...refusedType },
  { name: 'no typ', header: { typ: undefined }, ...refusedType },
  { name: 'typ of a DPoP proof', header: { typ: 'dpop+jwt' }, ...refusedType },
  { name: 'typ of a logout token', header: { typ: 'logout+jwt' }, ...refusedType },
  { name: 'typ with a prefix other than application/', header: { typ: 'text/at+jwt' }, ...refusedType },
  { name: 'typ with the prefix twice', header: { typ: 'application/application/at+jwt' }, ...refusedType },
  { name: 'typ with a parameter', header: { typ: 'at+jwt; v=1' }, ...refusedType },
  { name: 'typ that is an array', header: { typ: ['at+jwt'] }, ...refusedType },
  { name: 'no alg', header: { alg: undefined }, ...refusedAlgorithm },
  { name: 'alg that is an array', header: { alg: ['ES256'] }, ...refusedAlgorithm },
  { name: 'alg that is null', header: { alg: null }, ...refusedAlgorithm },
  { name: 'alg in lower case', header: { alg: 'es256' }, ...refusedAlgorithm },
  { name: 'alg with a space before it', header: { alg: ' ES256' }, ...refusedAlgorithm },
  {
    name: 'alg in the prototype',
    headerText: (json) => json.replace('"alg":"ES256"', '"__proto__":{"alg":"ES256"}'),
    ...refusedAlgorithm,
  },
  { name: 'alg twice, none first', headerText: before('"alg":"none"'), ...twice },
  { name: 'alg twice, none last', headerText: after('"alg":"none"'), ...twice },
  { name: 'alg twice, the same', headerText: after('"alg":"ES256"'), ...twice },
  { name: 'alg twice, once with an escape', headerText: before(String.raw`"\u0061lg":"none"`), ...twice },
  { name: 'kid twice', headerText: before('"kid":"nobody"'), ...twice },
  { name: 'typ twice', headerText: before('"typ":"JWT"'), ...twice },
  {
    name: 'two members of one name inside jwk',
    headerText: after('"jwk":{"kty":"EC","kty":"oct"}'),
    ...twice,
  },
  {
    name: 'an array for a header',
    headerText: (json) => `[${json}]`,
    ...malformed(/protected header is not an object/),
  },
  { name: 'null for a header', headerText: () => 'null', ...malformed(/protected header is not an object/) },
  {
    name: 'a string for a header',
    headerText: () => '"ES256"',
    ...malformed(/protected header is not an object/),
  },
  {
    name: 'a header that is not JSON',
    headerText: (json) => json.slice(0, -1),
    ...malformed(/protected header is not JSON/),
  },
  {
    name: 'a header with a byte order mark',
    headerText: (json) => `\ufeff${json}`,
    ...malformed(/protected header is not JSON/),
  },
  {
    name: 'a header that is not UTF-8',
    headerText: (json) => Buffer.from(after('"x":"\u00ff"')(json), 'latin1'),
    ...malformed(/protected header is not UTF-8/),
  },
  {
    name: 'a header of 33 levels',
    headerText: after(`"x":${'['.repeat(32)}${']'.repeat(32)}`),
    ...malformed(/nested more than 32 levels/),
  },
]
