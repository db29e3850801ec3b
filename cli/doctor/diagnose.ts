import { authorityChecks } from './authorityChecks.ts'
import { bundleChecks } from './bundleChecks.ts'
import { type Check, checksOf, dependOn, makeChecks } from '../../client/check/check.ts'
import { clockChecks } from './clockChecks.ts'
import { deploymentChecks } from './deploymentChecks.ts'
import { directoryChecks } from './directoryChecks.ts'
import { evidenceChecks } from './evidenceChecks.ts'
import { type Examination, examineTenant } from './examination.ts'
import { type Finding, type Found, ok, warning } from '../../client/check/finding.ts'
import { keyChecks } from './keyChecks.ts'
import { privilegeChecks } from './privilegeChecks.ts'
import { registrationChecks } from './registrationChecks.ts'
import { routeChecks } from './routeChecks.ts'
import { tableChecks } from './tableChecks.ts'
import { tenantChecks } from './tenantChecks.ts'
import { tlsChecks } from './tlsChecks.ts'
import { tokenIssuerChecks } from './tokenIssuerChecks.ts'

const checksOfDeployment = (examination: Examination): readonly Check[] =>
  [deploymentChecks, tlsChecks, routeChecks, clockChecks, tableChecks, privilegeChecks].flatMap((checks) =>
    checks(examination),
  )

const checksOfTenant = async (name: string, examination: Examination): Promise<readonly Check[]> => {
  const tenant = examineTenant(name, examination)
  const groups = [
    tenantChecks,
    tokenIssuerChecks,
    evidenceChecks,
    directoryChecks,
    registrationChecks,
    authorityChecks,
    bundleChecks,
  ]
  return [...groups.flatMap((checks) => checks(tenant)), ...(await keyChecks(tenant))]
}

/** Leaves out the partitions of token sources, which begin with `~`. */
const allTenants = { from: '', before: '~' }

/** Lists the tenants that have a configuration. @throws {Refusal} `tables-unavailable` */
const tenantNames = async ({ tables }: Examination): Promise<readonly string[]> => {
  const names: string[] = []
  const what = { partitions: allTenants, where: { RowKey: 'current' } }
  for await (const { partition } of tables.scan('tenants', what)) names.push(partition)
  return names.toSorted()
}

const knownFound = async (names: Promise<readonly string[]>): Promise<Found> => {
  const found = await names
  if (found.length > 0) return ok(`${found.length}: ${found.slice(0, 5).join(', ')}`)
  return warning('there is no tenant yet', 'Run mayfly tenant apply -f FILE.')
}

/**
 * Examines a deployment and one of its tenants, or all; changes nothing.
 * @throws {Refusal} `tenant-unknown` for a name that no tenant can have
 */
export const diagnose = async (
  examination: Examination,
  { tenant, limitMilliseconds }: { readonly tenant: string | undefined; readonly limitMilliseconds: number },
): Promise<readonly Finding[]> => {
  if (tenant !== undefined) examineTenant(tenant, examination)
  const names = dependOn('tables-reachable', async () => {
    await examination.tableNames()
    return tenant === undefined ? tenantNames(examination) : [tenant]
  })
  const general = makeChecks(
    [...checksOfDeployment(examination), ...checksOf(names, { 'tenants-known': knownFound })],
    { limitMilliseconds },
  )
  const known = await names.catch(() => [])
  const special = known.map(async (name) =>
    makeChecks(await checksOfTenant(name, examination), { tenant: name, limitMilliseconds }),
  )
  return [...(await general), ...(await Promise.all(special)).flat()]
}
