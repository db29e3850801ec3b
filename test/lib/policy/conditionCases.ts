import type { ConditionName } from '../../../lib/policy/decision.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'

type Members = Readonly<Record<string, unknown>>

/** Whether what a policy names is what the request is, for each thing a policy can name. */
export type Truth = 'true' | 'false' | 'unknown'

/** One thing that a policy can name. */
export interface ConditionCase {
  readonly name: string
  readonly condition: ConditionName
  /** Graph's conditions that include it alone. */
  readonly include: Members
  /** Those that exclude it alone; undefined where Graph has no way to. */
  readonly exclude?: Members
  readonly signals: Readonly<Record<Truth, Partial<Signals>>>
  /** Where Microsoft says what it means. */
  readonly source: string
}

const docs = 'https://learn.microsoft.com/entra/identity/conditional-access'
const usersPage = `${docs}/concept-conditional-access-users-groups`
const networkPage = `${docs}/concept-assignment-network`
const conditionsPage = `${docs}/concept-conditional-access-conditions`

const users = (
  name: string,
  [member, value]: readonly [member: string, value: unknown],
  signals: ConditionCase['signals'],
): ConditionCase => ({
  name,
  condition: 'users',
  include: { users: { [`include${member}`]: value } },
  exclude: { users: { includeUsers: ['All'], [`exclude${member}`]: value } },
  signals,
  source: usersPage,
})

const guests = (types: string, tenants: Members) => ({
  guestOrExternalUserTypes: types,
  externalTenants: tenants,
})
const everyTenant = { '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants' }
const partner = '11111111-0000-4000-8000-00000000aaaa'
const stranger = '22222222-0000-4000-8000-00000000bbbb'
const partnerTenant = {
  '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
  membershipKind: 'enumerated',
  members: [partner],
}

/** The named locations of these cases. */
export const locations: readonly Members[] = [
  {
    '@odata.type': '#microsoft.graph.ipNamedLocation',
    id: 'office',
    displayName: 'Office',
    isTrusted: true,
    ipRanges: [{ cidrAddress: '203.0.113.0/24' }, { cidrAddress: '2001:db8:1::/48' }],
  },
  {
    '@odata.type': '#microsoft.graph.ipNamedLocation',
    id: 'laboratory',
    displayName: 'Laboratory',
    isTrusted: false,
    ipRanges: [{ cidrAddress: '198.51.100.0/24' }, { cidrAddress: '2001:db8:2::/48' }],
  },
  {
    '@odata.type': '#microsoft.graph.countryNamedLocation',
    id: 'neighbours',
    displayName: 'Neighbours',
    countriesAndRegions: ['AT', 'CH'],
    includeUnknownCountriesAndRegions: false,
  },
  {
    '@odata.type': '#microsoft.graph.countryNamedLocation',
    id: 'nowhere',
    displayName: 'Nowhere',
    countriesAndRegions: [],
    includeUnknownCountriesAndRegions: true,
  },
]

const place = (id: string, name: string, signals: ConditionCase['signals']): ConditionCase => ({
  name,
  condition: 'locations',
  include: { locations: { includeLocations: [id] } },
  exclude: { locations: { includeLocations: ['All'], excludeLocations: [id] } },
  signals,
  source: networkPage,
})

const deviceFilter = (mode: string) => ({
  devices: { deviceFilter: { mode, rule: 'device.trustType -eq "ServerAD"' } },
})

/** Every thing that a policy can name, and signals that are it, are not it, and do not tell. */
export const conditionCases: readonly ConditionCase[] = [
  users('a user', ['Users', ['eve']], {
    true: { user: 'eve' },
    false: { user: 'ada' },
    unknown: { user: undefined },
  }),
  users('a group', ['Groups', ['contractors']], {
    true: { groups: ['everybody', 'contractors'] },
    false: { groups: ['everybody'] },
    unknown: { groups: undefined },
  }),
  users('a role', ['Roles', ['administrators']], {
    true: { roles: ['administrators'] },
    false: { roles: [] },
    unknown: { roles: undefined },
  }),
  users('guests', ['Users', ['GuestsOrExternalUsers']], {
    true: { guest: { type: undefined, homeTenant: undefined } },
    false: { guest: null },
    unknown: { guest: undefined },
  }),
  users('guests of a type', ['GuestsOrExternalUsers', guests('internalGuest,serviceProvider', everyTenant)], {
    true: { guest: { type: 'serviceProvider', homeTenant: undefined } },
    false: { guest: { type: 'b2bCollaborationGuest', homeTenant: undefined } },
    unknown: { guest: { type: undefined, homeTenant: partner } },
  }),
  users('guests of a directory', ['GuestsOrExternalUsers', guests('b2bCollaborationGuest', partnerTenant)], {
    true: { guest: { type: 'b2bCollaborationGuest', homeTenant: partner } },
    false: { guest: { type: 'b2bCollaborationGuest', homeTenant: stranger } },
    unknown: { guest: { type: 'b2bCollaborationGuest', homeTenant: undefined } },
  }),
  {
    name: 'a platform',
    condition: 'platforms',
    include: { platforms: { includePlatforms: ['iOS', 'macOS'] } },
    exclude: { platforms: { includePlatforms: ['all'], excludePlatforms: ['iOS', 'macOS'] } },
    signals: {
      true: { platform: 'macOS' },
      false: { platform: 'windows' },
      unknown: { platform: undefined },
    },
    source: conditionsPage,
  },
  place('laboratory', 'a network of IPv4', {
    true: { clientIp: '198.51.100.255' },
    false: { clientIp: '198.51.101.0' },
    unknown: { clientIp: undefined },
  }),
  place('laboratory', 'a network of IPv6', {
    true: { clientIp: '2001:db8:2:ffff::1' },
    false: { clientIp: '2001:db8:3::1' },
    unknown: { clientIp: 'fe80::1%eth0' },
  }),
  place('AllTrusted', 'a trusted network', {
    true: { clientIp: '203.0.113.9' },
    false: { clientIp: '198.51.100.1' },
    unknown: { clientIp: undefined },
  }),
  place('neighbours', 'a country', {
    true: { country: 'CH' },
    false: { country: null },
    unknown: { country: undefined },
  }),
  place('nowhere', 'no known country', {
    true: { country: null },
    false: { country: 'DE' },
    unknown: { country: undefined },
  }),
  {
    name: 'a filtered device',
    condition: 'deviceFilter',
    include: deviceFilter('include'),
    exclude: deviceFilter('exclude'),
    signals: {
      true: { device: { trustType: 'Hybrid Azure AD joined' } },
      false: { device: null },
      unknown: { device: { trustType: undefined } },
    },
    source: `${docs}/concept-condition-filters-for-devices`,
  },
  {
    name: 'a sign-in risk',
    condition: 'signInRisk',
    include: { signInRiskLevels: ['medium', 'high'] },
    signals: {
      true: { signInRisk: 'high' },
      false: { signInRisk: 'low' },
      unknown: { signInRisk: undefined },
    },
    source: conditionsPage,
  },
  {
    name: 'a user risk',
    condition: 'userRisk',
    include: { userRiskLevels: ['high'] },
    signals: { true: { userRisk: 'high' }, false: { userRisk: 'medium' }, unknown: { userRisk: undefined } },
    source: conditionsPage,
  },
  {
    name: 'an insider risk',
    condition: 'insiderRisk',
    include: { insiderRiskLevels: 'moderate,elevated' },
    signals: {
      true: { insiderRisk: 'moderate' },
      false: { insiderRisk: null },
      unknown: { insiderRisk: undefined },
    },
    source: conditionsPage,
  },
  {
    name: 'a transfer of the sign-in',
    condition: 'transferMethod',
    include: { authenticationFlows: { transferMethods: 'deviceCodeFlow,authenticationTransfer' } },
    signals: {
      true: { transferMethod: 'deviceCodeFlow' },
      false: { transferMethod: null },
      unknown: { transferMethod: undefined },
    },
    source: `${docs}/concept-authentication-flows`,
  },
]
