import { describe, expect, it } from 'vitest'
import { authenticateToken } from '../../../lib/token/authenticateToken.ts'
import type { Wait } from '../../../lib/deadline/deadline.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { checkToken } from '../../../lib/token/verifyToken.ts'
import { tenantDocument, tenantOf } from '../../tenants.ts'
import { testUser } from '../../tokens.ts'
import {
  authenticate,
  entra,
  entraTenant,
  generic,
  genericTenant,
  network,
  now,
  otherKey,
} from './verifying.ts'

describe('authenticateToken()', () => {
  it('takes what an issuer of the tenant signed, whatever it says', async () => {
    const token = await generic.token({ claims: { exp: 0, aud: 'another', upn: 'mallory@evil.example' } })
    const { identity, tokenIssuer } = await authenticate(token, genericTenant())
    expect(tokenIssuer.kind).toBe('generic')
    expect(identity).toMatchObject({ issuer: 'https://issuer.example', upn: 'mallory@evil.example' })
  })

  it('refuses what another key signed', async () => {
    const token = await generic.token({ key: otherKey })
    await expect(authenticate(token, genericTenant())).toRefuse('token-key-unknown')
  })

  it('waits for keys as its caller does, and not where they are known', async () => {
    const keys = keySets({ fetchJson: network.fetchJson, now: () => now })
    let waited = 0
    const wait: Wait = (answer) => {
      waited += 1
      return answer()
    }
    const asked = async (count: number) => {
      const tokens = await Promise.all(Array.from({ length: count }, () => generic.token()))
      await Promise.all(tokens.map((token) => authenticateToken(token, genericTenant(), { keys, wait })))
      return waited
    }
    expect(await asked(20)).toBe(20)
    expect(await asked(20)).toBe(20)
  })

  it('tells the identity by the claims of the kind', async () => {
    const { identity } = await authenticate(await entra.token(), entraTenant())
    expect(identity).toMatchObject({
      upn: testUser.upn.toLowerCase(),
      subject: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(identity.tokenId).not.toBe('')
  })

  it.each([
    ['what is no text', { sub: ['alice'], upn: 7, jti: null }, { subject: '', upn: '', tokenId: '' }],
    [
      'what would forge a line',
      { sub: 'a\nb\u001b[31mc', upn: 'Ünal@x' },
      { subject: 'a?b?[31mc', upn: '?nal@x' },
    ],
    ['what is too long', { sub: 'x'.repeat(10_000) }, { subject: 'x'.repeat(512) }],
    ['what is not written but inherited', { sub: undefined }, { subject: '' }],
  ])('makes something that can be stored of %s', async (_, claims, told) => {
    const { identity } = await authenticate(await generic.token({ claims }), genericTenant())
    expect(identity).toMatchObject(told)
  })
})

describe('checkToken()', () => {
  it('tells the client, which the ledger keeps', async () => {
    const tenant = genericTenant()
    const { facts } = checkToken(await authenticate(await generic.token(), tenant), tenant, now)
    expect(tenant.configuration.tokenIssuers[0]?.clients).toContain(facts.client)
  })

  it('takes no token that was authenticated for another tenant', async () => {
    const token = await authenticate(await generic.token(), genericTenant())
    const another = tenantOf(tenantDocument('fabrikam', genericTenant().configuration.tokenIssuers))
    expect(() => checkToken(token, another, now)).toThrow('another tenant')
  })
})
