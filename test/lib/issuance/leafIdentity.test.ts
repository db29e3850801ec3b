import { describe, expect, it } from 'vitest'
import { leafIdentity } from '../../../lib/issuance/leafIdentity.ts'
import type { Members } from '../../tenants.ts'
import { testUser, type TokenChanges } from '../../tokens.ts'
import { genericTenant, verifyGeneric } from '../token/verifying.ts'

/** The identity that a token gets under a tenant's certificate rules. */
const identityOf = async (certificate: Members, claims: TokenChanges['claims'] = {}) => {
  const tenant = genericTenant({}, { certificate })
  return leafIdentity(await verifyGeneric({ claims }, tenant), tenant.configuration.certificate)
}

const upn = 'alice@contoso.example'
const domain = 'S-1-5-21-1111111111-2222222222-3333333333'

describe('leafIdentity() names a certificate', () => {
  it('by the UPN alone, unless the tenant wants more', async () => {
    expect(await identityOf({})).toEqual({
      commonName: upn,
      upn,
      rfc822Name: undefined,
      deviceId: undefined,
      sid: undefined,
    })
  })

  it('by e-mail address and device too, where the tenant wants them', async () => {
    const identity = await identityOf({ includeRfc822Name: true, includeDeviceId: true })
    expect(identity).toMatchObject({ rfc822Name: upn, deviceId: testUser.deviceId })
  })

  it('by no device when the token names none', async () => {
    expect((await identityOf({ includeDeviceId: true }, { device_id: undefined })).deviceId).toBeUndefined()
  })
})

describe('leafIdentity() of a long UPN', () => {
  const long = (characters: number) => `${'a'.repeat(characters - '@contoso.example'.length)}@contoso.example`
  const objectId = 'D9B2F6C0-1F43-4F5A-9C80-6D1F5B1A2E44'

  it('takes 64 characters and refuses 65', async () => {
    expect((await identityOf({}, { upn: long(64) })).commonName).toBe(long(64))
    await expect(identityOf({}, { upn: long(65) })).toRefuse(
      'upn-refused',
      /65 characters, a common name at most 64/,
    )
  })

  it('uses the object id as the common name where the tenant opts in, and keeps the UPN whole', async () => {
    const identity = await identityOf({ longUpn: 'objectId' }, { upn: long(65), sub: objectId })
    expect(identity).toMatchObject({ commonName: objectId.toLowerCase(), upn: long(65) })
    expect((await identityOf({ longUpn: 'objectId' }, { upn: long(64), sub: objectId })).commonName).toBe(
      long(64),
    )
  })

  it('is refused when the subject is no object id', async () => {
    const claims = { upn: long(65), sub: 'alice' }
    await expect(identityOf({ longUpn: 'objectId' }, claims)).toRefuse('upn-refused')
  })
})

describe('leafIdentity() of a SID', () => {
  const rules = (mode: string) => ({ sid: { mode, domains: [domain, 'S-1-5-21-9-9-9'] } })
  const sidOf = async (mode: string, onprem_sid?: string) =>
    (await identityOf(rules(mode), { onprem_sid })).sid

  it('leaves it out when the mode is off, whatever the token says', async () => {
    expect((await identityOf({}, { onprem_sid: `${domain}-1104` })).sid).toBeUndefined()
    expect((await identityOf({}, { onprem_sid: 'S-1-5-32-544' })).sid).toBeUndefined()
  })

  it.each(['whenPresent', 'required'])('writes it when the mode is %s', async (mode) => {
    expect(await sidOf(mode, `${domain}-1104`)).toBe(`${domain}-1104`)
    expect(await sidOf(mode, 'S-1-5-21-9-9-9-4294967295')).toBe('S-1-5-21-9-9-9-4294967295')
  })

  it('does without one when the mode is whenPresent, and not when it is required', async () => {
    expect(await sidOf('whenPresent')).toBeUndefined()
    await expect(sidOf('required')).toRefuse('sid-refused', /is missing/)
  })

  it.each([
    ['of another domain', 'S-1-5-21-1-2-3-1104'],
    ['of a domain that only starts like a listed one', `${domain}0-1104`],
    ['of the built-in Administrators', 'S-1-5-32-544'],
    ['of an Entra account', 'S-1-12-1-1-2-3-4'],
    ['of the domain itself', domain],
    ['with a part too many', `${domain}-1104-1`],
    ['with a leading zero, which readers may take for octal or cut', `${domain}-01104`],
    ['with a relative identifier above 32 bits, which readers may wrap to 500', `${domain}-4294967796`],
    ['with a relative identifier of 11 digits', `${domain}-10000001104`],
    ['in lower case', `${domain.toLowerCase()}-1104`],
    ['with a space', `${domain}-1104 `],
    ['that is no SID', 'alice'],
  ])('refuses one %s', async (_, sid) => {
    await expect(sidOf('whenPresent', sid)).toRefuse('sid-refused')
  })

  it("refuses relative identifiers below 1000: the domain's Administrator is 500", async () => {
    for (const rid of [1, 500, 512, 999])
      await expect(sidOf('whenPresent', `${domain}-${rid}`)).toRefuse('sid-refused')
    expect(await sidOf('whenPresent', `${domain}-1000`)).toBe(`${domain}-1000`)
  })

  it('tells nothing of the SID it refuses', async () => {
    const refusal = await sidOf('whenPresent', 'S-1-5-21-7777-2-3-1104').catch(String)
    expect(refusal).toContain('sid-refused')
    expect(refusal).not.toContain('7777')
  })
})
