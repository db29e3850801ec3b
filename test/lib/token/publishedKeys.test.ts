import { createSecretKey, KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyToken } from '../../../lib/token/verifyToken.ts'
import { genericTrust, type Members, tenantDocument, tenantOf } from '../../tenants.ts'
import { genericTestIssuer, makeTokenKey, type TokenKey } from '../../tokens.ts'

const now = new Date('2026-03-02T10:00:00Z')
const issuer = await genericTestIssuer('https://issuer.example', { now: () => now })
const trust = { algorithms: ['RS256', 'PS256', 'ES256'], jwksUri: 'https://issuer.example/keys' }
const tenant = tenantOf(tenantDocument('contoso', [genericTrust(issuer, trust)]))

const rs256 = await makeTokenKey('RS256')
const ps256 = await makeTokenKey('PS256')
const es256 = await makeTokenKey('ES256')

const privateJwk = ({ privateKey }: TokenKey) => KeyObject.from(privateKey).export({ format: 'jwk' })
const secretJwk = createSecretKey(Buffer.alloc(256, 7)).export({ format: 'jwk' })

/** Verifies a good token of the key while the issuer publishes it changed so; a member that is undefined is left out. */
const verifyWith = async (key: TokenKey, changes: Members) => {
  const published: unknown = JSON.parse(JSON.stringify({ keys: [{ ...key.jwk, ...changes }] }))
  const keys = keySets({ fetchJson: () => Promise.resolve(published), now: () => now })
  return verifyToken(await issuer.token({ key }), tenant, { keys, now })
}

describe('verifyToken() uses a published key', () => {
  it.each([
    ['as it is', {}],
    ['without alg', { alg: undefined }],
    ['without use', { use: undefined }],
    ['with key_ops that let it verify', { key_ops: ['verify'] }],
    ['with members that mean nothing here', { x5t: 'AAAA', nbf: 1 }],
  ])('%s', async (_, changes) => {
    for (const key of [rs256, ps256, es256]) await expect(verifyWith(key, changes)).resolves.toBeDefined()
  })
})

describe('verifyToken() does not use a published key', () => {
  it.each([
    ['for encryption', { use: 'enc' }],
    ['of a use that is written otherwise', { use: 'SIG' }],
    ['whose key_ops do not let it verify', { key_ops: ['sign'] }],
    ['whose key_ops are for encryption', { key_ops: ['encrypt', 'wrapKey'] }],
    ['whose key_ops are empty', { key_ops: [] }],
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
