import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ok } from '../../../client/check/finding.ts'
import type { TokenAlgorithm } from '../../../lib/token/tokenSignature.ts'
import { judgeKeys } from '../../../cli/doctor/judgeKeys.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weakRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
const ed25519 = generateKeyPairSync('ed25519').publicKey

const jwk = (key: typeof p256, changes: JsonWebKey = {}): JsonWebKey => ({
  ...key.export({ format: 'jwk' }),
  kid: 'k1',
  ...changes,
})

/** As serializers write what a key does not have. */
const nullMembers = { d: null, use: null, key_ops: [], oth: [] } as unknown as JsonWebKey

const judge = (key: JsonWebKey, ...algorithms: readonly TokenAlgorithm[]) =>
  judgeKeys({ keys: [key] }, algorithms)

describe('judgeKeys()', () => {
  it.each([
    ['RS256', jwk(rsa.publicKey, nullMembers)],
    ['Ed25519', jwk(ed25519, { alg: 'EdDSA' })],
    ['RS256', jwk(rsa.publicKey)],
    ['PS512', jwk(rsa.publicKey)],
    ['ES256', jwk(p256)],
    ['ES384', jwk(p384, { alg: 'ES384', use: 'sig' })],
    ['EdDSA', jwk(ed25519)],
  ] as const)('takes a key for %s', (algorithm, key) => {
    expect(judge(key, algorithm)).toEqual(ok('1 keys, 1 usable'))
  })

  it.each([
    ['k1 has 1024 bits, fewer than 2048', jwk(weakRsa)],
    ['k1 is for none of RS256, ES256', jwk(p384)],
    ['k1 is for none of RS256, ES256', jwk(ed25519)],
    ['k1 is for none of RS256, ES256', jwk(rsa.publicKey, { alg: 'PS256' })],
    ['k1 is for no algorithm of tokens', jwk(p256, { alg: 'RS256' })],
    ['k1 is not for signatures', jwk(p256, { use: 'enc' })],
    ['k1 has an exponent that is even, below 3 or over 64 bits', jwk(rsa.publicKey, { e: 'AQ' })],
    ['k1 has key_ops that do not let it verify', jwk(p256, { key_ops: ['sign'] })],
    ['k1 cannot be read', { kty: 'EC', crv: 'P-256', kid: 'k1' }],
    ['a key without a plain kid cannot be read', { kty: 'EC', kid: '\u001b[31m' }],
    ['a key without a plain kid is not an object', null as unknown as JsonWebKey],
  ])('tells that %s', (fault, key) => {
    expect(judge(key, 'RS256', 'ES256')).toMatchObject({
      status: 'problem',
      detail: `1 keys, 0 usable; ${fault}`,
    })
  })

  it('tells that a private or a shared key is published', () => {
    const detail = 'it publishes a private key: anyone can make its tokens'
    for (const key of [jwk(rsa.privateKey), { kty: 'oct', k: 'c2VjcmV0' }])
      expect(judge(key, 'RS256')).toMatchObject({ status: 'problem', detail })
  })

  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const unnamed = [rsa.publicKey, other].map((key) => key.export({ format: 'jwk' }))

  it.each<[string, readonly JsonWebKey[], string, RegExp]>([
    ['one that is listed twice once', [jwk(rsa.publicKey), jwk(rsa.publicKey)], 'ok', /^2 keys, 1 usable$/],
    [
      'none that a token could not name',
      unnamed,
      'problem',
      /^2 keys, 0 usable; .* cannot be told from others/,
    ],
    [
      'one that is usable as enough, and names the others',
      [jwk(weakRsa, { kid: 'old' }), jwk(rsa.publicKey)],
      'ok',
      /^2 keys, 1 usable; old has 1024 bits, fewer than 2048$/,
    ],
    ['none at all as a problem', [], 'problem', /^0 keys, 0 usable$/],
  ])('counts %s', (_, keys, status, detail) => {
    expect(judgeKeys({ keys }, ['RS256'])).toMatchObject({
      status,
      detail: expect.stringMatching(detail) as string,
    })
  })

  it.each([null, [], 'x', { keys: {} }])('takes %j for no set of keys', (document) => {
    expect(() => judgeKeys(document, ['RS256'])).toThrow('The document is no set of keys.')
  })
})
