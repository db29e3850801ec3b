import { describe, expect, it } from 'vitest'
import { keySets } from '../../../lib/token/keySets.ts'
import { parseToken } from '../../../lib/token/parseToken.ts'
import { verifySigned } from '../../../lib/token/verifySigned.ts'
import type { TokenChanges } from '../../tokens.ts'
import { generic, network, now, otherKey } from './verifying.ts'

const signer = { issuer: generic.url, algorithms: ['ES256'], maxStaleKeysSeconds: 60 } as const

const verify = async (changes: TokenChanges, by = {}) => {
  const keys = keySets({ fetchJson: network.fetchJson, now: () => now })
  await verifySigned(parseToken(await generic.token(changes)), { ...signer, ...by }, { keys })
}

describe('verifySigned()', () => {
  it('takes a token of any kind that the signer signed', async () => {
    await expect(
      verify({ header: { typ: 'anything' }, claims: { aud: undefined, exp: 0 } }),
    ).resolves.toBeUndefined()
  })

  it.each<[string, TokenChanges]>([
    ['jwk', { header: { jwk: otherKey.jwk } }],
    ['jku', { header: { jku: 'https://evil.example/keys' } }],
    ['x5c', { header: { x5c: ['AA=='] } }],
    ['x5u', { header: { x5u: 'https://evil.example/certificate' } }],
  ])('fetches and takes no key by %s', async (_, { header }) => {
    const before = network.fetched.length
    await expect(verify({ header: { ...header }, key: otherKey })).toRefuse('token-key-unknown')
    expect(network.fetched.slice(before).every((url) => url.startsWith(generic.url))).toBe(true)
    await expect(verify({ header: { ...header } })).resolves.toBeUndefined()
  })

  it('refuses an algorithm that the signer may not use, before it asks for keys', async () => {
    const before = network.fetched.length
    await expect(verify({}, { algorithms: ['RS256', 'PS256'] })).toRefuse(
      'token-algorithm-refused',
      /not RS256, PS256/,
    )
    expect(network.fetched).toHaveLength(before)
  })

  it('refuses what another key signed by the name of a published one', async () => {
    await expect(verify({ key: otherKey, header: { kid: generic.key.kid } })).toRefuse(
      'token-signature-invalid',
    )
  })
})
