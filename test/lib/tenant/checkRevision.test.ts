import { describe, expect, it } from 'vitest'
import { checkRevision } from '../../../lib/tenant/checkRevision.ts'
import type { PolicySet } from '../../../lib/tenant/policySet.ts'
import { countries, networks, policyDocument } from '../../policies.ts'
import { genericTrust, type Members, postureTrust, tenantDocument } from '../../tenants.ts'
import { contentOf } from '../../world.ts'

const issuer = { url: 'https://issuer.example', audience: 'api://mayfly' }
const directory = { kind: 'entra', directoryId: 'c2a1b0d9-0000-4000-8000-00000000aa01', userIdClaim: 'oid' }
const strengthId = '00000000-0000-0000-0000-000000000004'

const check = (policySet: Partial<PolicySet>, trust: Members = {}, changes: Members = {}) =>
  checkRevision(contentOf(tenantDocument('contoso', [genericTrust(issuer, trust)], changes), policySet))

/** A set of one policy with these conditions. */
const asking = (conditions: Members, locations: readonly Members[] = []) => ({
  policies: [policyDocument('P', { conditions })],
  locations,
})
const users = (more: Members) => ({ users: { includeUsers: ['All'], ...more } })
const granting = (operator: string, ...builtInControls: readonly string[]) => ({
  policies: [policyDocument('P', { grantControls: { operator, builtInControls } })],
})

describe('checkRevision()', () => {
  const signals: readonly (readonly [
    name: string,
    asks: Partial<PolicySet>,
    what: RegExp,
    signals: Members,
  ])[] = [
    ['groups', asking(users({ excludeGroups: ['g'] })), /the groups of a user/, { groups: 'groups' }],
    ['roles', asking(users({ excludeRoles: ['r'] })), /the roles of a user/, { roles: 'wids' }],
    [
      'guest',
      asking(users({ excludeUsers: ['GuestsOrExternalUsers'] })),
      /who is a guest/,
      { guest: { claim: 'acct', member: 0 } },
    ],
    [
      'guest',
      asking(users({ excludeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'internalGuest' } })),
      /who is a guest/,
      { guest: { claim: 'acct', member: 0 } },
    ],
    [
      'platform',
      asking({ platforms: { includePlatforms: ['windows'] } }),
      /the platform/,
      { platform: 'os' },
    ],
    ['signInRisk', asking({ signInRiskLevels: ['high'] }), /the sign-in risk/, { signInRisk: 'risk' }],
    ['userRisk', asking({ userRiskLevels: ['high'] }), /the user risk/, { userRisk: 'risk' }],
    ['insiderRisk', asking({ insiderRiskLevels: 'elevated' }), /the insider risk/, { insiderRisk: 'risk' }],
    [
      'transferMethod',
      asking({ authenticationFlows: { transferMethods: 'deviceCodeFlow' } }),
      /how the sign-in was transferred/,
      { transferMethod: 'flow' },
    ],
    [
      'device\\.attributes\\.model',
      asking({ devices: { deviceFilter: { mode: 'exclude', rule: 'device.model -eq "x"' } } }),
      /the device's model/,
      { device: { attributes: { model: 'model' } } },
    ],
    [
      'country',
      asking({ locations: { includeLocations: ['Home'] } }, [countries('Home', 'DE')]),
      /the country/,
      { country: { by: 'clientIp' } },
    ],
    [
      'authTime',
      {
        policies: [
          policyDocument('P', {
            sessionControls: {
              signInFrequency: { isEnabled: true, value: 4, type: 'hours', frequencyInterval: 'timeBased' },
            },
          }),
        ],
      },
      /when the user signed in/,
      { authTime: 'auth_time' },
    ],
  ]

  it.each(signals)(
    'refuses a policy that asks for %s until an issuer says it',
    (name, asks, what, mapping) => {
      const why = new RegExp(
        `"P", .*: no token issuer of contoso says ${what.source}: map \`signals\\.${name}\``,
      )
      expect(() => check(asks)).toRefuse('policies-invalid', why)
      expect(check(asks, { signals: mapping }).policies).toHaveLength(1)
      const issuers = [genericTrust(issuer), genericTrust({ ...issuer, audience: 'b' }, { signals: mapping })]
      expect(() => checkRevision(contentOf(tenantDocument('contoso', issuers), asks))).not.toThrow()
    },
  )

  it('takes what every request tells, and what only policies that are off ask for', () => {
    const byAddress = asking({ locations: { includeLocations: ['Office'] } }, [
      networks('Office', '192.0.2.0/24'),
    ])
    const byDevice = { devices: { deviceFilter: { mode: 'exclude', rule: 'device.deviceId -eq "x"' } } }
    const off = { ...policyDocument('P', { conditions: { signInRiskLevels: ['high'] } }), state: 'disabled' }
    for (const set of [
      byAddress,
      asking(users({ excludeUsers: ['u'] })),
      asking(byDevice),
      { policies: [off] },
    ])
      expect(() => check(set)).not.toThrow()
  })

  it('looks at policies that report only, too', () => {
    const [policy] = asking({ signInRiskLevels: ['high'] }).policies
    const reporting = { ...policy, state: 'enabledForReportingButNotEnforced' }
    expect(() => check({ policies: [reporting] })).toRefuse('policies-invalid', /the sign-in risk/)
  })

  it('refuses a control that no token proves, but for one beside another that is proven', () => {
    expect(() => check(granting('AND', 'compliantDevice', 'mfa'))).toRefuse(
      'policies-invalid',
      /"P", grantControls: no token issuer of contoso proves multifactor authentication: add "mfa" as `control` of `proofs`/,
    )
    expect(() => check(granting('OR', 'domainJoinedDevice', 'mfa'))).toRefuse('policies-invalid')
    expect(() => check(granting('OR', 'compliantDevice', 'mfa'))).not.toThrow()
    const proofs = [{ control: 'mfa', by: 'amr', contains: ['mfa'] }]
    expect(() => check(granting('AND', 'compliantDevice', 'mfa'), { proofs })).not.toThrow()
  })

  it.each([`strength ${strengthId}`, 'combination fido2'])('takes a strength that %s proves', (control) => {
    const grantControls = { operator: 'OR', authenticationStrength: { id: strengthId } }
    const set = { policies: [policyDocument('P', { grantControls })] }
    expect(() => check(set)).toRefuse('policies-invalid', /proves the strength 0/)
    expect(() => check(set, { proofs: [{ control, by: 'amr', contains: ['fido'] }] })).not.toThrow()
  })

  it('refuses what nothing here can prove, but for policies that are wanted all the same', () => {
    const set = granting('OR', 'approvedApplication')
    expect(() => check(set)).toRefuse('policies-invalid', /nothing here can prove it; --deny-unprovable/)
    expect(() => check({ ...set, neverSatisfied: ['P'] })).not.toThrow()
    expect(() => check(granting('AND', 'compliantDevice', 'approvedApplication'))).toRefuse(
      'policies-invalid',
    )
    expect(() => check(granting('OR', 'compliantDevice', 'approvedApplication'))).not.toThrow()
  })

  it('refuses a policy without its location', () => {
    const set = asking({
      locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted', 'Office'] },
    })
    expect(() => check(set)).toRefuse(
      'policies-invalid',
      /"P", conditions\.locations: there is no named location Office/,
    )
    expect(() => check({ ...set, locations: [networks('Office', '192.0.2.0/24')] })).not.toThrow()
  })

  it('refuses lifetimes of policies that there are not', () => {
    const lifetimes = { P: 600, Q: 600 }
    expect(() => check(granting('OR', 'compliantDevice'), {}, { lifetimes })).toRefuse(
      'policies-invalid',
      /lifetimes: there is no policy with the id Q\.$/,
    )
  })

  it('holds a tenant without policies to the one it behaves as if it had', () => {
    const domainJoined = {
      complianceProofs: undefined,
      proofs: [{ control: 'domainJoinedDevice', by: 'amr', contains: ['x'] }],
    }
    expect(() => check({}, domainJoined)).toRefuse('policies-invalid', /proves a compliant device/)
    expect(() => check(granting('OR', 'domainJoinedDevice'), domainJoined)).not.toThrow()
  })

  it('refuses an issuer whose tokens prove nothing of the device where nothing else does', () => {
    const nothing = { complianceProofs: undefined, deviceIdClaim: 'device_id' }
    const why =
      /tokenIssuers\[0\]\.proofs: none proves .*; nor does a directory .*\(`evidence\.directory`\) or a compliance policy/
    const mfa = [{ control: 'mfa', by: 'amr', contains: ['mfa'] }]
    expect(() => check({}, nothing)).toRefuse('policies-invalid', why)
    expect(() => check({}, { ...nothing, proofs: mfa })).toRefuse('policies-invalid', why)
    expect(() => check({}, nothing, { evidence: { posture: [postureTrust()] } })).toRefuse(
      'policies-invalid',
      why,
    )
    const { userIdClaim: _, ...unknowing } = directory
    expect(() => check({}, nothing, { evidence: { directory: unknowing } })).toRefuse('policies-invalid', why)
    const nameless = { complianceProofs: undefined, deviceIdClaim: undefined }
    expect(() => check({}, nameless, { evidence: { directory } })).toRefuse('policies-invalid', why)
    expect(() => check({}, nothing, { evidence: { directory } })).not.toThrow()
  })

  it('takes what the directory proves, and no other proof of it', () => {
    const nothing = { complianceProofs: undefined }
    const joined = { evidence: { directory: { ...directory, proves: ['domainJoinedDevice'] } } }
    expect(() => check(granting('OR', 'domainJoinedDevice'), nothing, joined)).not.toThrow()
    expect(() => check(granting('AND', 'domainJoinedDevice', 'compliantDevice'), nothing, joined)).toRefuse(
      'policies-invalid',
      /proves a compliant device: add "compliantDevice" as `control` of `proofs`, or have the directory prove it \(`evidence\.directory\.proves`\), or apply compliance policies\.$/,
    )
    expect(() => check(granting('OR', 'mfa'), {}, joined)).toRefuse(
      'policies-invalid',
      /proves multifactor authentication: add "mfa" as `control` of `proofs`\.$/,
    )
  })

  it('takes what the directory says of devices, and the platform of any source', () => {
    const filter = (name: string) => ({
      devices: { deviceFilter: { mode: 'exclude', rule: `device.${name} -eq "x"` } },
    })
    const evidence = { directory }
    expect(() => check(asking(filter('operatingSystem')), {}, { evidence })).not.toThrow()
    expect(() => check(asking(filter('extensionAttribute1')), {}, { evidence })).toRefuse('policies-invalid')
    const platforms = asking({ platforms: { includePlatforms: ['windows'] } })
    const telling = { posture: [postureTrust({ facts: { platform: 'os' } })] }
    expect(() => check(platforms, {}, { evidence: telling })).not.toThrow()
    expect(() => check(platforms, {}, { evidence: { posture: [postureTrust()] } })).toRefuse(
      'policies-invalid',
      /the platform/,
    )
  })

  it('tells of documents that nobody understands where they stand', () => {
    expect(() => check({ policies: [{ displayName: 'P' }], locations: [{ displayName: 'L' }] })).toRefuse(
      'policies-invalid',
      /policies\[0\]\.state: .*locations\[0\]\.ipRanges: /,
    )
  })

  it('understands a policy for the audience of a token as one for this service', () => {
    const applications = { includeApplications: ['api://mayfly'] }
    expect(check(asking({ applications })).policies).toMatchObject([{ never: undefined }])
    const other = asking({ applications: { includeApplications: ['other'] } })
    expect(check(other).policies).toMatchObject([{ never: 'it is for other applications only' }])
    expect(check(other, {}, { applicationIds: ['other'] }).policies).toMatchObject([{ never: undefined }])
  })
})
