import { describe, expect, it } from 'vitest'
import { checkPossible, obstaclesOf } from '../../../lib/tenant/checkPossible.ts'
import { entraTrust, genericTrust, type Members, tenantDocument, tenantOf } from '../../tenants.ts'

const directory = 'c2a1b0d9-0000-4000-8000-00000000aa01'
const api = '5a0c7a5e-9a4d-4d0e-8a55-1f6f0f0e2d33'
const entra = (changes: Members = {}) => entraTrust(directory, { audience: api }, changes)
const generic = (url: string) => genericTrust({ url, audience: 'urn:mayfly' })
const configurationOf = (...trusts: readonly Members[]) =>
  tenantOf(tenantDocument('contoso', trusts)).configuration
const obstacles = (trust: Members) => configurationOf(trust).tokenIssuers.flatMap(obstaclesOf)

describe('obstaclesOf()', () => {
  it.each([
    ['audience', { audience: `api://${api}` }],
    ['audience', { audience: 'https://contoso.example/vpn' }],
    ['audience', { audience: api.toUpperCase() }],
    ['audience', { audience: `{${api}}` }],
    ['clients', { clients: ['vpn-client', api.toUpperCase()] }],
    ['scope', { scope: `api://${api}/vpn.enroll` }],
    ['scope', { scope: `${api}/vpn.enroll` }],
    ['scope', { scope: '.default' }],
    ['signInOrigin', { signInOrigin: `https://login.microsoftonline.com/${directory}` }],
    ['signInOrigin', { signInOrigin: 'https://sts.windows.net' }],
  ])('tells that no token of Entra meets the %s of %j', (member, changes) => {
    expect(obstacles(entra(changes))).toEqual([expect.stringMatching(new RegExp(`^${member}: `))])
  })

  it.each([
    {},
    { clients: ['vpn-client', api] },
    { scope: 'user_impersonation' },
    { signInOrigin: 'https://login.microsoftonline.us/' },
    { signInOrigin: 'http://127.0.0.1:7072' },
    { signInOrigin: 'https://contoso.ciamlogin.com' },
  ])('has nothing against %j', (changes) => expect(obstacles(entra(changes))).toEqual([]))

  it.each([
    [`https://login.microsoftonline.com/${directory}/v2.0`, 1],
    [`https://sts.windows.net/${directory}/`, 1],
    [`https://contoso.b2clogin.com/${directory}/v2.0/`, 1],
    ['https://login.example', 0],
    ['https://notmicrosoftonline.com', 0],
  ])('takes %s as a generic issuer for %i obstacles', (url, count) => {
    expect(obstacles(generic(url))).toHaveLength(count)
  })
})

describe('checkPossible()', () => {
  it('names each member of each issuer that keeps all tokens out', () => {
    const wrong = entra({ audience: 'api://vpn', scope: '.default' })
    const both = configurationOf(generic('https://issuer.example'), wrong)
    expect(() => checkPossible(both)).toRefuse(
      'configuration-invalid',
      /no token could pass\. tokenIssuers\.1\.audience: .*; tokenIssuers\.1\.scope: /,
    )
    expect(() => checkPossible(configurationOf(entra(), generic('https://issuer.example')))).not.toThrow()
  })
})
