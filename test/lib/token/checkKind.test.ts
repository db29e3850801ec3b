import { describe, expect, it } from 'vitest'
import { directoryId, genericTenant, verifyEntra, verifyGeneric } from './verifying.ts'

describe('checkKind() lets delegated access tokens alone pass and refuses', () => {
  it.each([
    ['a v1.0 token of Entra', { ver: '1.0' }],
    ['an Entra token without version', { ver: undefined }],
    ['an app-only token of Entra', { idtyp: 'app', roles: ['x'] }],
    ['an ID token of Entra: the same audience, but no scp', { scp: undefined }],
  ])('%s', (_, claims) => expect(verifyEntra({ claims })).toRefuse('token-type-refused'))

  it('an Entra token of another scope, also one that only contains ours as a part', async () => {
    await expect(verifyEntra({ claims: { scp: 'openid Certificates.Enroll' } })).resolves.toBeDefined()
    const refused = verifyEntra({ claims: { scp: 'User.Read' } })
    await expect(refused).rejects.toMatchObject({ options: { scope: 'Certificates.Enroll' }, status: 403 })
    await expect(verifyEntra({ claims: { scp: 'Certificates.Enroll.All' } })).toRefuse('token-scope-missing')
    await expect(verifyEntra({ claims: { scp: 'certificates.enroll' } })).toRefuse('token-scope-missing')
  })

  it('an Entra token of a client the tenant does not list, or of an unnamed one', async () => {
    await expect(verifyEntra({ claims: { azp: directoryId } })).toRefuse('token-client-refused')
    await expect(verifyEntra({ claims: { azp: undefined } })).toRefuse(
      'token-claim-invalid',
      /"azp" is missing/,
    )
    await expect(verifyEntra({ claims: { azp: undefined, appid: 'x' } })).toRefuse('token-claim-invalid')
  })

  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/AT+jwt'])('but accepts typ %s', (typ) =>
    expect(verifyGeneric({ header: { typ } })).resolves.toBeDefined(),
  )

  it.each([
    'JWT',
    'jwt',
    'application/jwt',
    'dpop+jwt',
    'at+jwt+x',
    'text/at+jwt',
    '',
    undefined,
    5,
    null,
    ['at+jwt', 'JWT'],
  ])('typ %j', (typ) => expect(verifyGeneric({ header: { typ } })).toRefuse('token-type-refused'))

  it('the configured type, where an issuer writes its own', async () => {
    const tenant = genericTenant({ tokenType: 'posture+jwt' })
    await expect(verifyGeneric({ header: { typ: 'posture+jwt' } }, tenant)).resolves.toBeDefined()
    await expect(verifyGeneric({}, tenant)).toRefuse('token-type-refused')
  })

  it('a generic token of a client the tenant does not list', async () => {
    await expect(verifyGeneric({ claims: { client_id: 'browser' } })).toRefuse('token-client-refused')
    await expect(verifyGeneric({ claims: { client_id: 'VPN-client' } })).toRefuse('token-client-refused')
    await expect(verifyGeneric({ claims: { client_id: undefined } })).toRefuse('token-claim-invalid')
    await expect(verifyGeneric({ claims: { client_id: ['vpn-client'] } })).toRefuse('token-claim-invalid')
  })
})
