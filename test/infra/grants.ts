import { administrator, type Resource, resourcesOf, type Snapshot, valueAt } from './infra.ts'

/** Who may do what, and where. */
export interface Grant {
  readonly who: string
  /** The resource by the name it has in infra/; `everything` where the assignment names none. */
  readonly on: string
  /** Actions, `data:` before those on data, or the name of a built-in role. */
  readonly may: readonly string[]
}

/** Built-in roles, learn.microsoft.com/azure/role-based-access-control/built-in-roles. */
const builtIn: Readonly<Record<string, string>> = {
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
}

/** Resources by the end of their ids. */
const places: readonly (readonly [form: RegExp, place: string])[] = [
  [/\/vaults\/mayfly-i-\w{13}$/, 'issuerVault'],
  [/\/vaults\/mayfly-r-\w{13}$/, 'rootVault'],
  [/\/components\/mayfly-insights$/, 'component'],
  [/\/storageAccounts\/mayflycfg\w{13}$/, 'configuration'],
  [/\/storageAccounts\/mayflyrec\w{13}$/, 'records'],
  [/\/storageAccounts\/mayflyeh\w{13}$/, 'enrollHost'],
  [/\/storageAccounts\/mayflyhh\w{13}$/, 'housekeepingHost'],
  [/\/storageAccounts\/mayflycfg\w{13}\/tableServices\/default\/tables\/tenants$/, 'tenants'],
  [/\/storageAccounts\/mayflycfg\w{13}\/tableServices\/default\/tables\/authorities$/, 'authorities'],
  [/\/storageAccounts\/mayflycfg\w{13}\/tableServices\/default\/tables\/relyingParties$/, 'relyingParties'],
]

/** The id of what an assignment is on: evaluated, or the first input of `extensionResourceId`. */
const scopeOf = ({ id }: Resource): string =>
  /^\[extensionResourceId\('([^']+)'/.exec(id)?.[1] ??
  id.replace(/\/providers\/Microsoft\.Authorization\/roleAssignments\/.*$/, '')

const placeOf = (assignment: Resource): string => {
  const scope = scopeOf(assignment)
  return places.find(([form]) => form.test(scope))?.[1] ?? `everything: ${scope}`
}

const whoOf = (assignment: Resource): string => {
  const principal = String(valueAt(assignment, 'principalId'))
  if (principal === administrator) return 'administrator'
  const [, who] = /outputs\.(enroll|housekeeping)\.value\.principalId\]$/.exec(principal) ?? []
  return who ?? `somebody else: ${principal}`
}

interface Permission {
  readonly actions: readonly string[]
  readonly dataActions: readonly string[]
}

/** An assignment says its role by the id that Azure gives it back with: that of the subscription. */
const roleForm =
  /^\/subscriptions\/[\w-]{36}\/providers\/Microsoft\.Authorization\/roleDefinitions\/([\w-]{36})$/

const mayOf = (assignment: Resource, snapshot: Snapshot): readonly string[] => {
  const id = String(valueAt(assignment, 'roleDefinitionId'))
  const [, guid = ''] = roleForm.exec(id) ?? []
  const own = resourcesOf(snapshot, 'Microsoft.Authorization/roleDefinitions').find(
    ({ name }) => name === guid,
  )
  if (own) {
    const permissions = valueAt(own, 'permissions') as readonly Permission[]
    return permissions.flatMap(({ actions, dataActions }) => [
      ...actions,
      ...dataActions.map((action) => `data:${action}`),
    ])
  }
  const name = builtIn[guid]
  if (name === undefined) throw new Error(`A role is assigned that is not known: ${id}.`)
  return [name]
}

/** All that a deployment grants. */
export const grantsOf = (snapshot: Snapshot): readonly Grant[] =>
  resourcesOf(snapshot, 'Microsoft.Authorization/roleAssignments').map((assignment) => ({
    who: whoOf(assignment),
    on: placeOf(assignment),
    may: mayOf(assignment, snapshot),
  }))
