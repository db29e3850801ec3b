import { createHmac, KeyObject } from 'node:crypto'
import { exportSPKI } from 'jose'
import type { TokenKey } from '../../tokens.ts'
import { byStranger, type Sign, signWith, type TokenCase } from './tokenCase.ts'

const refusedAlgorithm = { code: 'token-algorithm-refused', detail: /its "alg" is not/ } as const
const invalid = { code: 'token-signature-invalid' } as const
const unknownKey = { code: 'token-key-unknown' } as const

/** Signs by HMAC with what everyone can know of the issuer's public key as the secret. */
const hmac =
  (
    secretOf: (key: TokenKey) => string | Uint8Array | Promise<string | Uint8Array>,
    digest = 'sha256',
  ): Sign =>
  async (input, { issuer }) =>
    createHmac(digest, await secretOf(issuer))
      .update(input)
      .digest()

const derOf = ({ publicKey }: TokenKey): Uint8Array =>
  KeyObject.from(publicKey).export({ format: 'der', type: 'spki' })

/** Tokens whose alg is not one that the tenant lists, or not that of the key. */
export const algorithms: readonly TokenCase[] = [
  {
    name: 'alg none and no signature (RFC 7518 section 3.6)',
    header: { alg: 'none' },
    sign: () => '',
    code: 'token-malformed',
    detail: /not a JWS in compact serialization/,
  },
  ...['none', 'None', 'NONE', 'nOnE', 'none '].map((alg): TokenCase => ({
    name: `alg ${JSON.stringify(alg)} with a signature left over`,
    header: { alg },
    ...refusedAlgorithm,
  })),
  {
    name: 'a signature that is left out, under a good alg',
    sign: () => '',
    code: 'token-malformed',
    detail: /not a JWS in compact serialization/,
  },
  {
    name: 'HS256 with the public key as PEM for its secret',
    header: { alg: 'HS256' },
    sign: hmac(({ publicKey }) => exportSPKI(publicKey)),
    ...refusedAlgorithm,
  },
  {
    name: 'HS256 with the public key as DER for its secret',
    header: { alg: 'HS256' },
    sign: hmac(derOf),
    ...refusedAlgorithm,
  },
  {
    name: 'HS256 with the public key as JWK for its secret',
    header: { alg: 'HS256' },
    sign: hmac(({ jwk }) => JSON.stringify(jwk)),
    ...refusedAlgorithm,
  },
  {
    name: 'HS256 with the modulus as text for its secret',
    setting: 'rsa',
    header: { alg: 'HS256' },
    sign: hmac(({ jwk }) => jwk.n ?? ''),
    ...refusedAlgorithm,
  },
  {
    name: 'HS256 with the octets of the modulus for its secret',
    setting: 'rsa',
    header: { alg: 'HS256' },
    sign: hmac(({ jwk }) => Buffer.from(jwk.n ?? '', 'base64url')),
    ...refusedAlgorithm,
  },
  {
    name: "HS256 with the PEM of Entra's public key for its secret",
    setting: 'entra',
    header: { alg: 'HS256' },
    sign: hmac(({ publicKey }) => exportSPKI(publicKey)),
    ...refusedAlgorithm,
  },
  {
    name: 'HS512 with the public key as PEM for its secret',
    header: { alg: 'HS512' },
    sign: hmac(({ publicKey }) => exportSPKI(publicKey), 'sha512'),
    ...refusedAlgorithm,
  },
  { name: 'HS256 with an empty secret', header: { alg: 'HS256' }, sign: hmac(() => ''), ...refusedAlgorithm },
  { name: 'HMAC under a header that says ES256', sign: hmac(derOf), ...invalid },
  { name: 'an algorithm that nobody knows', header: { alg: 'XX256' }, ...refusedAlgorithm },
  {
    name: 'RS384 by the right key, where the tenant does not list it',
    setting: 'rsa',
    header: { alg: 'RS384' },
    sign: (input, { issuer }) => signWith(input, issuer, 'RS384'),
    ...refusedAlgorithm,
  },
  {
    name: 'PS256 by an Entra key',
    setting: 'entra',
    header: { alg: 'PS256' },
    sign: (input, { issuer }) => signWith(input, issuer, 'PS256'),
    ...refusedAlgorithm,
  },
  {
    name: "ES256 by a stranger under the kid of Entra's key",
    setting: 'entra',
    header: { alg: 'ES256' },
    sign: byStranger,
    ...refusedAlgorithm,
  },
  {
    name: 'PS256 by a key that is published for RS256',
    setting: 'rsa',
    header: { alg: 'PS256' },
    sign: (input, { issuer }) => signWith(input, issuer, 'PS256'),
    ...unknownKey,
  },
  {
    name: 'ES256 under the kid of an RSA key',
    setting: 'rsa',
    header: { alg: 'ES256' },
    sign: byStranger,
    ...unknownKey,
  },
  { name: 'RS256 under the kid of an EC key', header: { alg: 'RS256' }, ...unknownKey },
]
