import { byStranger, type Sign, signWith, type TokenCase } from './tokenCase.ts'

const invalid = { code: 'token-signature-invalid' } as const
const unknownKey = { code: 'token-key-unknown' } as const

/** A DER Ecdsa-Sig-Value has a length of its own, and a JWS never has one. */
const asDer: Sign = (input, { issuer }) => {
  const raw = Buffer.from(signWith(input, issuer))
  const integer = (octets: Buffer) => Buffer.concat([Buffer.of(2, octets.length + 1, 0), octets])
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))])
  return Buffer.concat([Buffer.of(0x30, body.length), body])
}

const altered =
  (alter: (signature: Buffer) => Uint8Array): Sign =>
  (input, { issuer }) =>
    alter(Buffer.from(signWith(input, issuer)))

const segmentsOf = (token: string) => token.split('.') as [string, string, string]

const reencode = (segment: string, change: (json: string) => string): string =>
  Buffer.from(change(Buffer.from(segment, 'base64url').toString())).toString('base64url')

/** Signatures of somebody else, or of something else. */
export const signatures: readonly TokenCase[] = [
  {
    name: 'an RS384 signature under a header that says RS256',
    setting: 'rsa',
    sign: (input, { issuer }) => signWith(input, issuer, 'RS384'),
    ...invalid,
  },
  {
    name: 'a PS256 signature under a header that says RS256',
    setting: 'rsa',
    sign: (input, { issuer }) => signWith(input, issuer, 'PS256'),
    ...invalid,
  },
  { name: 'a stranger under the kid of the published key', sign: byStranger, ...invalid },
  { name: "a stranger under the kid of Entra's key", setting: 'entra', sign: byStranger, ...invalid },
  {
    name: 'a stranger under a kid of its own',
    header: ({ stranger }) => ({ kid: stranger.kid }),
    sign: byStranger,
    ...unknownKey,
  },
  {
    name: 'a claim that was changed after signing',
    token: (token) => {
      const [header, claims, signature] = segmentsOf(token)
      return [header, reencode(claims, (json) => json.replace('Alice@', 'root@')), signature].join('.')
    },
    ...invalid,
  },
  {
    name: 'a header parameter that was added after signing',
    token: (token) => {
      const [header, claims, signature] = segmentsOf(token)
      return [reencode(header, (json) => json.replace('{', '{"x":1,')), claims, signature].join('.')
    },
    ...invalid,
  },
  {
    name: 'white space that was added to the Claims Set after signing',
    token: (token) => {
      const [header, claims, signature] = segmentsOf(token)
      return [header, reencode(claims, (json) => `${json} `), signature].join('.')
    },
    ...invalid,
  },
  {
    name: 'the signature of another good token',
    token: (token, another) => [...segmentsOf(token).slice(0, 2), segmentsOf(another)[2]].join('.'),
    ...invalid,
  },
  {
    name: 'a signature over the Claims Set without the header',
    sign: (input, { issuer }) => signWith(input.split('.')[1] ?? '', issuer),
    ...invalid,
  },
  {
    name: 'a signature over the decoded Claims Set',
    sign: (input, { issuer }) =>
      signWith(Buffer.from(input.split('.')[1] ?? '', 'base64url').toString(), issuer),
    ...invalid,
  },
  { name: 'an ECDSA signature of r = 0 and s = 0', sign: () => new Uint8Array(64), ...invalid },
  {
    name: 'an ECDSA signature of r = 1 and s = 1',
    sign: () => Uint8Array.from({ length: 64 }, (_, index) => Number(index % 32 === 31)),
    ...invalid,
  },
  { name: 'an ECDSA signature as DER', sign: asDer, ...invalid },
  { name: 'an RSA signature of 0', setting: 'rsa', sign: () => new Uint8Array(256), ...invalid },
  {
    name: 'an RSA signature of 1',
    setting: 'rsa',
    sign: () => Uint8Array.from({ length: 256 }, (_, index) => Number(index === 255)),
    ...invalid,
  },
  {
    name: 'a signature with one bit flipped',
    sign: altered((octets) => octets.map((octet, index) => (index === 40 ? octet ^ 1 : octet))),
    ...invalid,
  },
  {
    name: 'a signature that lacks its last octet',
    sign: altered((octets) => octets.subarray(0, -1)),
    ...invalid,
  },
  {
    name: 'a signature with an octet more',
    sign: altered((octets) => Buffer.concat([octets, Buffer.of(0)])),
    ...invalid,
  },
  {
    name: 'an RSA signature with a zero octet before it',
    setting: 'rsa',
    sign: altered((octets) => Buffer.concat([Buffer.of(0), octets])),
    ...invalid,
  },
  { name: 'a signature of one octet', sign: () => new Uint8Array(1), ...invalid },
]
