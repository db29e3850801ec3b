import { createSecretKey, KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { publishedKeys } from '../../../lib/token/publishedKeys.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyToken } from '../../../lib/token/verifyToken.ts'
import { genericTrust, type Members, tenantDocument, tenantOf } from '../../tenants.ts'
import { genericTestIssuer, makeTokenKey, type TokenKey } from '../../tokens.ts'
import { rocaModulus } from '../x509/fixtures/roca.ts'

const now = new Date('2026-03-02T10:00:00Z')
const issuer = await genericTestIssuer('https://issuer.example', { now: () => now })
const trust = { algorithms: ['RS256', 'PS256', 'ES256'], jwksUri: 'https://issuer.example/keys' }
const tenant = tenantOf(tenantDocument('contoso', [genericTrust(issuer, trust)]))

const rs256 = await makeTokenKey('RS256')
const ps256 = await makeTokenKey('PS256')
const es256 = await makeTokenKey('ES256')
const otherEs256 = await makeTokenKey('ES256')

const privateJwk = ({ privateKey }: TokenKey) => KeyObject.from(privateKey).export({ format: 'jwk' })
/** A good RSA key but for these numbers. */
const rsaOf = (changes: Members) => ({ ...rs256.jwk, ...changes })
const octets = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
const roca = octets(rocaModulus(2n ** 61n - 1n).toString(16))

const secretJwk = createSecretKey(Buffer.alloc(256, 7)).export({ format: 'jwk' })

/** Verifies a good token of the key while the issuer publishes these. */
const verifyAmong = async (key: TokenKey, published: readonly unknown[]) => {
  const keys = keySets({ fetchJson: () => Promise.resolve({ keys: published }), now: () => now })
  return verifyToken(await issuer.token({ key }), tenant, { keys, now })
}

/** The same while the issuer publishes the key changed so; a member that is undefined is left out. */
const verifyWith = (key: TokenKey, changes: Members) =>
  verifyAmong(key, [JSON.parse(JSON.stringify({ ...key.jwk, ...changes }))])

describe('verifyToken() uses a published key', () => {
  it.each([
    ['as it is', {}],
    ['without alg', { alg: undefined }],
    ['without use', { use: undefined }],
    ['with key_ops that let it verify', { key_ops: ['verify'] }],
    ['with empty key_ops', { key_ops: [] }],
    ['with alg, use and key_ops that are null', { alg: null, use: null, key_ops: null }],
    ['with alg and use that are empty', { alg: '', use: '' }],
    ['with private members that are null or empty', { d: null, p: '', k: null, oth: [], x5c: [], x5t: null }],
    ['with members that mean nothing here', { x5t: 'AAAA', nbf: 1 }],
  ])('%s', async (_, changes) => {
    for (const key of [rs256, ps256, es256]) await expect(verifyWith(key, changes)).resolves.toBeDefined()
  })
})

describe('verifyToken() uses a published key beside', () => {
  const ed25519 = { kty: 'OKP', crv: 'Ed25519', kid: es256.kid }
  it.each([
    ['null, a text, a number and a list', [null, 'x', 5, [rs256.jwk]]],
    ['itself', [es256.jwk]],
    ['another of its kid, before it (RFC 7517 section 4.5)', [{ ...ps256.jwk, kid: es256.kid }]],
    ['one of its kid and algorithm, before it', [{ ...otherEs256.jwk, kid: es256.kid }]],
    ['keys that are none', [{}, { kty: 'EC', kid: es256.kid }, { ...ed25519, x: octets('00'.repeat(32)) }]],
  ])('%s', async (_, others) => {
    await expect(verifyAmong(es256, [...others, es256.jwk])).resolves.toBeDefined()
  })

  it('255 others and not 256', async () => {
    const others = Array.from({ length: 256 }, () => null)
    await expect(verifyAmong(es256, [...others.slice(1), es256.jwk])).resolves.toBeDefined()
    await expect(verifyAmong(es256, [...others, es256.jwk])).toRefuse('token-keys-unavailable')
  })
})

describe('publishedKeys() takes for no key:', () => {
  const n = Buffer.from(rs256.jwk.n ?? '', 'base64url')
  const exponent = 'has an exponent that is even, below 3 or over 64 bits'
  const edKey = { kty: 'OKP', crv: 'Ed25519' }
  it.each([
    ['RSA with e = 0', rsaOf({ e: 'AA' }), exponent],
    ['RSA with e = 1', rsaOf({ e: 'AQ' }), exponent],
    ['RSA with e = 2', rsaOf({ e: 'Ag' }), exponent],
    ['RSA with e = 65536', rsaOf({ e: 'AQAA' }), exponent],
    ['RSA with e = 2^64 + 1', rsaOf({ e: octets('010000000000000001') }), exponent],
    ['RSA of 8200 bits', rsaOf({ n: octets('ff'.repeat(1_025)) }), 'has 8200 bits, more than 8192'],
    ['RSA without e', rsaOf({ e: null }), 'cannot be read'],
    ['RSA of 2040 bits', rsaOf({ n: n.subarray(1).toString('base64url') }), /^has 20[34]\d bits/],
    ['RSA of 2040 bits behind zeros', rsaOf({ n: octets(`00${'ff'.repeat(255)}`) }), /^has 2040 bits/],
    ['RSA with n = 1', rsaOf({ n: 'AQ' }), /^has 1 bits/],
    ['RSA with an even n', rsaOf({ n: octets(`${'ff'.repeat(255)}fe`) }), 'has an even modulus'],
    ['RSA that is ROCA-weak', rsaOf({ n: roca }), 'has the fingerprint of CVE-2017-15361 (ROCA)'],
    ['Ed25519 of order 1', { ...edKey, x: octets(`01${'00'.repeat(31)}`) }, 'is a point of small order'],
    ['Ed448', { ...edKey, crv: 'Ed448', x: octets('7f'.repeat(57)) }, 'is for no algorithm of tokens'],
    ['P-256 off the curve', { ...es256.jwk, y: octets('01'.repeat(32)) }, 'cannot be read'],
  ])('%s', (_, jwk, why) => {
    const [entry] = publishedKeys({ keys: [jwk] })
    expect(entry).toMatchObject({ kind: 'fault' })
    expect(entry?.kind === 'fault' && entry.why).toEqual(
      typeof why === 'string' ? why : expect.stringMatching(why),
    )
  })

  it.each(['e = 3', 'e = 65537'])('not RSA with %s', (name) => {
    const e = name === 'e = 3' ? 'Aw' : 'AQAB'
    expect(publishedKeys({ keys: [rsaOf({ e })] })).toMatchObject([{ kind: 'key' }])
  })
})

describe('verifyToken() does not use a published key', () => {
  it.each([
    ['for encryption', { use: 'enc' }],
    ['of a use that is written otherwise', { use: 'SIG' }],
    ['whose key_ops do not let it verify', { key_ops: ['sign'] }],
    ['whose key_ops are for encryption', { key_ops: ['encrypt', 'wrapKey'] }],
    ['whose alg is no text', { alg: 5 }],
    ['whose kid is null', { kid: null }],
    ['that gives away a prime', { p: 'AQAB' }],
    ['whose key_ops are not a list', { key_ops: 'verify' }],
    ['of another algorithm', { alg: 'ES384' }],
    ['of an algorithm written otherwise', { alg: 'rs256' }],
    ['of another type', { kty: 'OKP' }],
    ['without a type', { kty: undefined }],
    ['of another kid', { kid: 'other' }],
  ])('%s', async (_, changes) => {
    for (const key of [rs256, ps256, es256]) {
      await expect(verifyWith(key, changes)).toRefuse('token-key-unknown')
    }
  })

  it('of PS256 for a token of RS256, nor the other way round', async () => {
    await expect(verifyWith(rs256, { alg: 'PS256' })).toRefuse('token-key-unknown')
    await expect(verifyWith(ps256, { alg: 'RS256' })).toRefuse('token-key-unknown')
  })

  it('that is an EC key for a token of RS256, nor the other way round, whatever alg it claims', async () => {
    for (const [key, other] of [
      [rs256, es256],
      [ps256, es256],
      [es256, rs256],
    ] as const) {
      const { alg, kid } = key
      const jwk = { ...other.jwk, kid, alg }
      // Undefined in place of the other members: the whole JWK is the other key's.
      const none = Object.fromEntries(Object.keys(key.jwk).map((name) => [name, undefined]))
      await expect(verifyWith(key, { ...none, ...jwk })).toRefuse('token-key-unknown')
      await expect(verifyWith(key, { ...none, ...jwk, alg: undefined })).toRefuse('token-key-unknown')
    }
  })

  it('that is private, or that is a shared secret', async () => {
    for (const key of [rs256, ps256, es256]) {
      await expect(verifyWith(key, privateJwk(key))).toRefuse('token-key-unknown')
      await expect(verifyWith(key, { ...privateJwk(key), key_ops: ['verify'] })).toRefuse('token-key-unknown')
      await expect(verifyWith(key, secretJwk)).toRefuse('token-key-unknown')
    }
  })
})
