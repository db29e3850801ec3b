import type { TokenCase } from './tokenCase.ts'

const malformed = (detail: RegExp) => ({ code: 'token-malformed', detail }) as const
const notCompact = malformed(/not a JWS in compact serialization/)
const notCanonical = malformed(/base64url is not canonical/)
const setting = 'entra' as const

const partsOf = (token: string) => token.split('.') as [string, string, string]

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Sets the last of the bits that no octet comes from (RFC 4648 section 3.5): the octets stay the same. */
const setSpareBit = (segment: string): string =>
  segment.slice(0, -1) + alphabet.charAt(alphabet.indexOf(segment.slice(-1)) | 1)

/** White space that makes a JSON text one octet longer than a multiple of three, so that its base64url has spare bits. */
const withSpareBits = (json: string): string => json.padEnd(json.length + ((4 - (json.length % 3)) % 3))

/** Claims whose base64url has both of the characters in which the two alphabets differ, however they are aligned. */
const bothAlphabets = { pad: `${'?'.repeat(9)}${'>'.repeat(9)}` }

const toBase64 = (token: string) => token.replaceAll('-', '+').replaceAll('_', '/')

const texts: readonly (readonly [name: string, change: (token: string, another: string) => string])[] = [
  ['nothing', () => ''],
  ['one part', (token) => partsOf(token)[1]],
  ['two parts', (token) => partsOf(token).slice(0, 2).join('.')],
  ['four parts', (token) => `${token}.AAAA`],
  ['four parts, the last one empty', (token) => `${token}.`],
  ['five parts, as JWE has', (token) => `${token}.AAAA.AAAA`],
  ['a dot before it', (token) => `.${token}`],
  ['an empty header', (token) => `.${partsOf(token).slice(1).join('.')}`],
  ['a detached Claims Set (RFC 7515 appendix F)', (token) => `${partsOf(token)[0]}..${partsOf(token)[2]}`],
  [
    'the flattened JSON serialization',
    (token) => {
      const [header, claims, signature] = partsOf(token)
      return JSON.stringify({ protected: header, payload: claims, signature })
    },
  ],
  [
    'the general JSON serialization',
    (token) => {
      const [header, claims, signature] = partsOf(token)
      return JSON.stringify({ payload: claims, signatures: [{ protected: header, signature }] })
    },
  ],
  ['two tokens and a comma', (token, another) => `${token},${another}`],
  ['two tokens and a space', (token, another) => `${token} ${another}`],
  ['the scheme before it', (token) => `Bearer ${token}`],
  ['quotes around it', (token) => `"${token}"`],
  ['a space before it', (token) => ` ${token}`],
  ['a space after it', (token) => `${token} `],
  ['a line feed after it', (token) => `${token}\n`],
  ['a line feed inside', (token) => token.replace('.', '.\n')],
  ['a tab inside the signature', (token) => `${token.slice(0, -4)}\t${token.slice(-4)}`],
  ['a NUL after it', (token) => `${token}\0`],
  ['a zero-width space inside', (token) => token.replace('.', '.\u200b')],
  ['fullwidth dots', (token) => token.replaceAll('.', '\uff0e')],
  ['escaped dots', (token) => token.replaceAll('.', '%2E')],
  [
    'padding after each part',
    (token) =>
      partsOf(token)
        .map((part) => part + '='.repeat((4 - (part.length % 4)) % 4))
        .join('.'),
  ],
  ['padding after the signature', (token) => `${token}==`],
  ['an escaped equals sign after it', (token) => `${token}%3D`],
  ['base64 of its own', (token) => Buffer.from(token).toString('base64url')],
  [
    'hex',
    (token) =>
      partsOf(token)
        .map((part) => Buffer.from(part, 'base64url').toString('hex'))
        .join(':'),
  ],
]

/** Tokens in another encoding than JWS compact serialization. */
export const encoding: readonly TokenCase[] = [
  ...texts.map(([name, token]): TokenCase => ({ name: `token as ${name}`, token, ...notCompact })),
  {
    name: 'the alphabet of base64 instead of base64url',
    claims: bothAlphabets,
    token: toBase64,
    ...notCompact,
  },
  { name: 'the alphabet of base64, signed as such', claims: bothAlphabets, input: toBase64, ...notCompact },
  { name: 'padding after the Claims Set, signed as such', input: (input) => `${input}=`, ...notCompact },
  { name: 'spare bits in the signature', token: setSpareBit, ...notCanonical },
  { name: 'spare bits in the signature of Entra', setting, token: setSpareBit, ...notCanonical },
  {
    name: 'spare bits in the Claims Set, signed as such',
    claimsText: withSpareBits,
    input: setSpareBit,
    ...notCanonical,
  },
  {
    name: 'spare bits in the header, signed as such',
    headerText: withSpareBits,
    input: (input) =>
      input
        .split('.')
        .map((part, index) => (index === 0 ? setSpareBit(part) : part))
        .join('.'),
    ...notCanonical,
  },
  {
    name: 'a signature whose last character stands for no octet',
    token: (token) => `${token}AAA`,
    ...notCanonical,
  },
  {
    name: 'a Claims Set whose last character stands for no octet, signed as such',
    claimsText: (json) => json.padEnd(json.length + ((3 - (json.length % 3)) % 3)),
    input: (input) => `${input}A`,
    ...notCanonical,
  },
  {
    name: 'a Claims Set that is cut off, signed as such',
    input: (input) => input.slice(0, -8),
    code: 'token-malformed',
    detail: /Claims Set is not JSON|not canonical/,
  },
  {
    name: 'header and Claims Set in each other\u2019s place',
    token: (token) => [partsOf(token)[1], partsOf(token)[0], partsOf(token)[2]].join('.'),
    code: 'token-issuer-unknown',
  },
]
