import * as z from 'zod'
import { applicationIdentifiers, clientAppTypes, userIdentifiers } from './conditionsSchema.ts'
import { identifiers } from './identifiers.ts'

/** Reads what tells whether a policy is for this service and its users at all, and nothing else. */
const scopeSchema = z.looseObject({
  clientAppTypes,
  applications: z.looseObject({
    includeApplications: applicationIdentifiers,
    excludeApplications: applicationIdentifiers,
    includeUserActions: identifiers(),
    includeAuthenticationContextClassReferences: identifiers(),
  }),
  users: z.looseObject({ includeUsers: userIdentifiers, excludeUsers: userIdentifiers }),
})

type Scope = z.output<typeof scopeSchema>

const byClients = ({ clientAppTypes: types }: Scope): string | undefined =>
  types.includes('all') || types.includes('mobileAppsAndDesktopClients')
    ? undefined
    : `it is for other client types only (${types.join(', ')})`

const byApplications = ({ applications }: Scope, own: readonly string[]): string | undefined => {
  const { includeApplications: include, excludeApplications: exclude } = applications
  // A filter may find this service beside the applications that are listed.
  if (applications['applicationFilter'] !== undefined) return undefined
  if (include.length === 0 && applications.includeUserActions.length > 0) return 'it is for user actions'
  if (include.length === 0 && applications.includeAuthenticationContextClassReferences.length > 0)
    return 'it is for authentication contexts'
  if (include.length === 1 && include[0] === 'None') return 'it is for no application'
  if (include.length > 0 && !['All', ...own].some((id) => include.includes(id)))
    return 'it is for other applications only'
  return ['All', ...own].some((id) => exclude.includes(id)) ? 'it excludes this service' : undefined
}

const otherIncludes = ['includeGroups', 'includeRoles', 'includeGuestsOrExternalUsers']

const isNobody = ({ users }: Pick<Scope, 'users'>): boolean =>
  users.includeUsers.length === 1 &&
  users.includeUsers[0] === 'None' &&
  otherIncludes.every((name) => users[name] === undefined)

const byUsers = ({ users }: Scope): string | undefined => {
  if (isNobody({ users })) return 'it is for no user'
  return users.excludeUsers.includes('All') ? 'it excludes everybody' : undefined
}

/** Tells of a policy for workloads, which names no users: Graph takes the one or the other. */
const isForWorkloads = (conditions: Readonly<Record<string, unknown>>): boolean => {
  const { clientApplications, servicePrincipalRiskLevels, users } = conditions
  if (clientApplications === undefined && servicePrincipalRiskLevels === undefined) return false
  const { data } = scopeSchema.pick({ users: true }).safeParse(conditions)
  return users === undefined || (data !== undefined && isNobody(data))
}

/**
 * Says why a policy can never apply here; undefined where it may, or where what would tell is not understood.
 * @param conditions Graph's, without what is not set.
 * @param own the ids of the applications that mean this service.
 */
export const neverApplies = (
  conditions: Readonly<Record<string, unknown>>,
  own: readonly string[],
): string | undefined => {
  if (isForWorkloads(conditions)) return 'it is for workload identities'
  const { data: scope } = scopeSchema.safeParse(conditions)
  if (scope === undefined) return undefined
  return byClients(scope) ?? byApplications(scope, own) ?? byUsers(scope)
}
