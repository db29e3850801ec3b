import * as z from 'zod'
import { Refusal } from '../../errors/refusal.ts'
import { parseRule } from '../filter/parseRule.ts'
import { platforms as platformNames } from '../signals/signal.ts'
import { guestTypes, insiderRiskLevels, riskLevels, transferMethods } from '../signals/signals.ts'
import { flags, identifier, identifiers } from './identifiers.ts'
import type { Conditions, GuestsCondition, UsersCondition } from './policy.ts'
import { addReason } from './rejection.ts'

/** Read whom and what a policy is for. */
export const userIdentifiers = identifiers('All', 'None', 'GuestsOrExternalUsers')
export const applicationIdentifiers = identifiers('All', 'None', 'Office365', 'MicrosoftAdminPortals')
const locationIdentifiers = identifiers('All', 'AllTrusted')

export const clientAppTypes = z
  .array(
    z.enum([
      'all',
      'browser',
      'mobileAppsAndDesktopClients',
      'exchangeActiveSync',
      'easSupported',
      'easUnsupported',
      'other',
    ]),
  )
  .default(['all'])

const externalTenants = z
  .strictObject({ membershipKind: z.enum(['all', 'enumerated']), members: z.array(identifier).optional() })
  .transform(({ membershipKind, members }, context): GuestsCondition['homeTenants'] => {
    const isAll = membershipKind === 'all'
    if (isAll !== (members === undefined))
      addReason(context, members, isAll ? 'is not supported beside all' : 'is required', ['members'])
    return members ?? 'all'
  })

const guests = z
  .strictObject({
    guestOrExternalUserTypes: flags(guestTypes, 'none'),
    externalTenants: externalTenants.default('all'),
  })
  .transform(
    ({ guestOrExternalUserTypes: types, externalTenants: homeTenants }): GuestsCondition | undefined =>
      types.length === 0 ? undefined : { types, homeTenants },
  )

/** Finds `None`, which Graph writes alone, beside others. */
const isContradicted = (names: readonly string[]): boolean => names.length > 1 && names.includes('None')

const usersOf = (
  users: readonly string[],
  rest: Pick<UsersCondition, 'groups' | 'roles' | 'guests'>,
): UsersCondition => ({
  all: users.includes('All'),
  anyGuest: users.includes('GuestsOrExternalUsers'),
  users: users.filter((name) => !['All', 'None', 'GuestsOrExternalUsers'].includes(name)),
  ...rest,
})

const namesSomebody = ({ all, anyGuest, users, groups, roles, guests: some }: UsersCondition): boolean =>
  all || anyGuest || some !== undefined || [users, groups, roles].some((names) => names.length > 0)

const users = z
  .strictObject({
    includeUsers: userIdentifiers,
    excludeUsers: userIdentifiers,
    includeGroups: identifiers(),
    excludeGroups: identifiers(),
    includeRoles: identifiers(),
    excludeRoles: identifiers(),
    includeGuestsOrExternalUsers: guests.optional(),
    excludeGuestsOrExternalUsers: guests.optional(),
  })
  .transform((given, context) => {
    const include = usersOf(given.includeUsers, {
      groups: given.includeGroups,
      roles: given.includeRoles,
      guests: given.includeGuestsOrExternalUsers,
    })
    const exclude = usersOf(given.excludeUsers, {
      groups: given.excludeGroups,
      roles: given.excludeRoles,
      guests: given.excludeGuestsOrExternalUsers,
    })
    if (isContradicted(given.includeUsers)) addReason(context, given, 'None stands alone', ['includeUsers'])
    if (!namesSomebody(include)) addReason(context, given, 'includes nobody')
    return { include, exclude }
  })

/** Checks the form alone: a policy that is not for this service never comes here (neverApplies.ts). */
const applications = z
  .strictObject({
    includeApplications: applicationIdentifiers,
    excludeApplications: applicationIdentifiers,
    includeUserActions: identifiers(),
    includeAuthenticationContextClassReferences: identifiers(),
  })
  .superRefine((given, context) => {
    if (isContradicted(given.includeApplications))
      addReason(context, given, 'None stands alone', ['includeApplications'])
    if (given.includeApplications.length === 0) addReason(context, given, 'includes no application')
  })

const platformList = z.array(z.enum(['all', ...platformNames])).default([])

const platformsOf = (names: z.output<typeof platformList>) =>
  names.includes('all') ? ('all' as const) : names.filter((name) => name !== 'all')

const platforms = z
  .strictObject({ includePlatforms: platformList, excludePlatforms: platformList })
  .transform(({ includePlatforms, excludePlatforms }, context) => {
    if (includePlatforms.length === 0) addReason(context, includePlatforms, 'includes no platform')
    const [include, exclude] = [platformsOf(includePlatforms), platformsOf(excludePlatforms)]
    return include === 'all' && exclude.length === 0 ? undefined : { include, exclude }
  })

const locations = z
  .strictObject({ includeLocations: locationIdentifiers, excludeLocations: locationIdentifiers })
  .transform(({ includeLocations: include, excludeLocations: exclude }, context) => {
    if (include.length === 0) addReason(context, include, 'includes no location')
    return { include, exclude }
  })

const deviceFilter = z.strictObject({
  mode: z.enum(['include', 'exclude']),
  rule: z.string().transform((text, context) => {
    try {
      return parseRule(text)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      addReason(context, text, error.detail)
      return z.NEVER
    }
  }),
})

const riskList = z.array(z.enum(riskLevels)).optional()

/** Takes `none` for a condition that is not set. */
const unlessNone = <Value>(values: readonly Value[] = []) => (values.length === 0 ? undefined : values)

/** Reads the conditions of a policy that may apply here. */
export const conditionsSchema = z
  .strictObject({
    users,
    applications,
    clientAppTypes,
    platforms: platforms.optional(),
    locations: locations.optional(),
    devices: z.strictObject({ deviceFilter }).optional(),
    signInRiskLevels: riskList,
    userRiskLevels: riskList,
    insiderRiskLevels: flags(insiderRiskLevels).optional(),
    authenticationFlows: z.strictObject({ transferMethods: flags(transferMethods, 'none') }).optional(),
  })
  .transform((given): Conditions => ({
    users: given.users,
    platforms: given.platforms,
    locations: given.locations,
    deviceFilter: given.devices?.deviceFilter,
    signInRisk: given.signInRiskLevels,
    userRisk: given.userRiskLevels,
    insiderRisk: given.insiderRiskLevels,
    transferMethods: unlessNone(given.authenticationFlows?.transferMethods),
  }))
