import type { Rule } from '../filter/rule.ts'
import type { Conditions, Control, Grant, LivePolicy, NamedLocation, UsersCondition } from './policy.ts'

/** Names a member of Signals, or a part of the guest or an attribute of the device. */
export type SignalName =
  | 'user'
  | 'guest'
  | 'guest.type'
  | 'guest.homeTenant'
  | 'groups'
  | 'roles'
  | 'clientIp'
  | 'country'
  | 'platform'
  | `device.${string}`
  | 'signInRisk'
  | 'userRisk'
  | 'insiderRisk'
  | 'transferMethod'
  | 'authTime'

/** A control that a proof can satisfy. */
export type NeededControl = Exclude<Control, { readonly kind: 'unprovable' }>

/** Says what a policy cannot be decided without, and where it asks for it. */
export type Need =
  | { readonly path: string; readonly signal: SignalName }
  /** Any one that is proven is enough. */
  | { readonly path: string; readonly controls: readonly NeededControl[] }

const inUsers = (prefix: 'include' | 'exclude', condition: UsersCondition): readonly Need[] => {
  const { anyGuest, users, groups, roles, guests } = condition
  const needed: readonly (readonly [isNeeded: boolean, member: string, signal: SignalName])[] = [
    [users.length > 0, 'Users', 'user'],
    [anyGuest, 'Users', 'guest'],
    [groups.length > 0, 'Groups', 'groups'],
    [roles.length > 0, 'Roles', 'roles'],
    [guests !== undefined, 'GuestsOrExternalUsers', 'guest.type'],
    [guests !== undefined && guests.homeTenants !== 'all', 'GuestsOrExternalUsers', 'guest.homeTenant'],
  ]
  return needed
    .filter(([isNeeded]) => isNeeded)
    .map(([, member, signal]) => ({ path: `conditions.users.${prefix}${member}`, signal }))
}

/** Asks nothing where everybody is included. */
const inIncludedUsers = (condition: UsersCondition): readonly Need[] =>
  condition.all ? [] : inUsers('include', condition)

const inLocations = (
  member: string,
  names: readonly string[],
  locations: readonly NamedLocation[],
): readonly Need[] => {
  if (names.includes('All')) return []
  const kinds = names.map((name) =>
    name === 'AllTrusted' ? 'networks' : locations.find(({ id }) => id === name)?.kind,
  )
  const path = `conditions.locations.${member}`
  return [
    ...(kinds.includes('networks') ? [{ path, signal: 'clientIp' as const }] : []),
    ...(kinds.includes('countries') ? [{ path, signal: 'country' as const }] : []),
  ]
}

const propertiesOf = (rule: Rule): readonly string[] => {
  if (rule.kind === 'comparison') return [rule.property.name]
  return [...new Set(rule.kind === 'not' ? propertiesOf(rule.rule) : rule.rules.flatMap(propertiesOf))]
}

const inConditions = (conditions: Conditions, locations: readonly NamedLocation[]): readonly Need[] => {
  const { users, locations: places, deviceFilter } = conditions
  const needed: readonly (readonly [condition: unknown, path: string, signal: SignalName])[] = [
    [conditions.platforms, 'platforms', 'platform'],
    [conditions.signInRisk, 'signInRiskLevels', 'signInRisk'],
    [conditions.userRisk, 'userRiskLevels', 'userRisk'],
    [conditions.insiderRisk, 'insiderRiskLevels', 'insiderRisk'],
    [conditions.transferMethods, 'authenticationFlows.transferMethods', 'transferMethod'],
  ]
  return [
    ...inIncludedUsers(users.include),
    ...inUsers('exclude', users.exclude),
    ...inLocations('includeLocations', places?.include ?? [], locations),
    ...inLocations('excludeLocations', places?.exclude ?? [], locations),
    ...(deviceFilter === undefined ? [] : propertiesOf(deviceFilter.rule)).map((name) => ({
      path: 'conditions.devices.deviceFilter.rule',
      signal: `device.${name}` as const,
    })),
    ...needed
      .filter(([condition]) => condition !== undefined)
      .map(([, member, signal]) => ({ path: `conditions.${member}`, signal })),
  ]
}

const inGrant = (grant: Grant): readonly Need[] => {
  if (grant.kind !== 'require') return []
  const path = 'grantControls'
  const controls = grant.controls.filter((control) => control.kind !== 'unprovable')
  if (grant.operator === 'AND') return controls.map((control) => ({ path, controls: [control] }))
  return controls.length === 0 ? [] : [{ path, controls }]
}

/** Tells what a policy cannot be decided without, so that one without its sources is refused when it is applied. */
export const signalsNeeded = (policy: LivePolicy, locations: readonly NamedLocation[]): readonly Need[] => [
  ...inConditions(policy.conditions, locations),
  ...inGrant(policy.grant),
  ...(policy.signInFrequency === undefined
    ? []
    : [{ path: 'sessionControls.signInFrequency', signal: 'authTime' as const }]),
]

/** Lists the ids of the named locations that a policy refers to, each once. */
export const locationsNamed = ({ conditions }: LivePolicy): readonly string[] => [
  ...new Set(
    [...(conditions.locations?.include ?? []), ...(conditions.locations?.exclude ?? [])].filter(
      (id) => id !== 'All' && id !== 'AllTrusted',
    ),
  ),
]
