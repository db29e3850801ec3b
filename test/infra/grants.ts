import { type Expression, partOf, propertyOf, bodyOf } from '../../tools/bicep/syntax.ts'
import { infra, propertiesOf, type Resource, resourcesOf, textsOf, written } from './infra.ts'

/** Who may do what, and where. */
export interface Grant {
  readonly who: string
  /** The file without its ending, and the symbol of the resource; `everything` where the assignment names none. */
  readonly on: string
  readonly may: readonly string[]
}

/** Built-in roles, learn.microsoft.com/azure/role-based-access-control/built-in-roles. */
const builtIn: Readonly<Record<string, string>> = {
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
}

const statementOf = (file: string, name: string) =>
  infra.get(file)?.statements.find((one) => 'name' in one && one.name === name)

/** The actions of a custom role, `data:` before those on data. */
const actionsOf = (role: Resource): readonly string[] => {
  const permissions = propertyOf(propertiesOf(role), 'permissions')
  if (permissions?.kind !== 'array') throw new Error(`${role.name} has no permissions.`)
  return permissions.items.flatMap((permission) => [
    ...textsOf(propertyOf(permission, 'actions')),
    ...textsOf(propertyOf(permission, 'dataActions')).map((action) => `data:${action}`),
  ])
}

const roleOf = (file: string, id: Expression | undefined): readonly string[] => {
  if (id?.kind === 'member' && id.of.kind === 'name') {
    const { name } = id.of
    const role = resourcesOf('Microsoft.Authorization/roleDefinitions').find(
      (one) => one.file === file && one.name === name,
    )
    if (role) return actionsOf(role)
  }
  const found = id?.kind === 'name' ? statementOf(file, id.name) : undefined
  const guid = found?.kind === 'var' && found.value.kind === 'call' ? written(found.value.inputs[1]) : ''
  const name = builtIn[guid]
  if (name === undefined) throw new Error(`${file} assigns a role that is not known: ${written(id)}.`)
  return [name]
}

/** What main.bicep gives for a parameter of a module. */
const givenTo = (file: string, param: string): string => {
  const module = infra.get('main.bicep')?.statements.find((one) => one.kind === 'module' && one.of === file)
  return module?.kind === 'module' ? written(partOf(bodyOf(module.value), 'params', param)) : ''
}

const people: Readonly<Record<string, string>> = {
  'identities.outputs.enroll.principalId': 'enroll',
  'identities.outputs.housekeeping.principalId': 'housekeeping',
  administratorPrincipalId: 'administrator',
}

const grantOf = (assignment: Resource): Grant => {
  const { file, value } = assignment
  const properties = propertiesOf(assignment)
  const given = givenTo(file, written(propertyOf(properties, 'principalId')))
  const scope = propertyOf(bodyOf(value), 'scope')
  const place = file.replace(/^modules\/|\.bicep$/g, '')
  return {
    who: people[given] ?? `somebody else: ${given}`,
    on: scope ? `${place} ${written(scope)}` : 'everything',
    may: roleOf(file, propertyOf(properties, 'roleDefinitionId')),
  }
}

/** All that infra/ grants. */
export const grants = (): readonly Grant[] =>
  resourcesOf('Microsoft.Authorization/roleAssignments').map((assignment) => grantOf(assignment))
