import type { Deployment } from '../../lib/deployment/deployment.ts'
import { graphOriginBeside } from '../../lib/directory/graphOrigins.ts'
import { graphPermissions } from '../../lib/directory/graphPermissions.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { jsonMember } from '../../lib/json/parseJson.ts'
import type { DirectorySource } from '../../lib/tenant/evidence.ts'
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { Examination, TenantExamination } from './examination.ts'
import { type Found, notChecked, ok, problem, warning } from '../../client/check/finding.ts'

const page = 'docs/deploy.md tells how permissions are granted.'

const unread = (why: string): Found =>
  notChecked(
    `what the app may read of the directory is not known here: ${why}`,
    `Look at the permissions of its identity among the enterprise applications: ${page}`,
  )

/** Judges the ids of the permissions that the app has in the directory. */
const judgePermissions = (granted: readonly unknown[], { intune }: DirectorySource, app: string): Found => {
  const { directory, intune: ofIntune } = graphPermissions
  const wanted = intune ? [directory, ofIntune] : [directory]
  const missing = wanted.filter(({ id }) => !granted.includes(id)).map(({ name }) => name)
  const remedy = `As a Privileged Role Administrator: sh infra/graph/grant.sh ${app}${intune ? ' --intune' : ''}`
  if (missing.length > 0)
    return problem(`the app lacks ${missing.join(' and ')}: nobody whose device it asks for gets in`, remedy)
  const known = [directory.id, ofIntune.id]
  const more = granted.filter((id) => !known.includes(String(id))).length
  if (more === 0) return ok(`the app may read devices${intune ? ', and what Intune knows of them' : ''}`)
  return warning(
    `the app has ${more} permissions in the directory that it does not need`,
    `Take them from its identity: whoever takes over the app has them. ${page}`,
  )
}

const permissionsFound = async (
  source: DirectorySource,
  { deployment, readGraph }: Examination,
): Promise<Found> => {
  const { appPrincipalId: app, tables } = deployment
  // Beside a stand-in for tables there is one for Graph, which grants nothing.
  if (!readGraph || !('endpoint' in tables)) return ok('it is the directory of this deployment, a stand-in')
  if (app === undefined) return unread('the file of the deployment has no appPrincipalId')
  const path = `servicePrincipals/${app}/appRoleAssignments?$select=appRoleId`
  try {
    const { status, body } = await readGraph(graphOriginBeside(tables.endpoint), path)
    const granted = jsonMember(body, 'value')
    if (status !== 200 || !Array.isArray(granted)) return unread(`Graph answers ${status}`)
    return judgePermissions(
      granted.map((one: unknown) => jsonMember(one, 'appRoleId')),
      source,
      app,
    )
  } catch (error) {
    return unread(error instanceof Refusal ? error.detail : 'Graph does not answer')
  }
}

const isOwn = ({ directoryId }: DirectorySource, deployment: Deployment): boolean =>
  directoryId === deployment.directoryId

const directoryFound = async ({ revision, examination }: TenantExamination): Promise<readonly Found[]> => {
  const { configuration } = await dependOn('tenant-configuration', revision)
  const source = configuration.evidence?.directory
  if (!source) return []
  const subject = source.directoryId
  if (isOwn(source, examination.deployment))
    return [{ ...(await permissionsFound(source, examination)), subject }]
  const why = 'it is not the directory of this deployment, which asks no other: nobody gets in'
  const remedy = 'Name the tenant in which the app runs, or take evidence.directory out of the document.'
  return [{ ...problem(why, remedy), subject }]
}

/** Checks whether the app may ask the directory that a tenant has it ask. */
export const directoryChecks = (tenant: TenantExamination): readonly Check[] =>
  checksOf(tenant, { 'directory-permissions': directoryFound })
