import { type Check, makeChecks, resting } from './check.ts'
import { checkAuthority } from './checkAuthority.ts'
import { checkBundle } from './checkBundle.ts'
import { checkClocks } from './checkClocks.ts'
import { checkDeployment } from './checkDeployment.ts'
import { checkKeyFolder, checkKeys, checkVaults } from './checkKeys.ts'
import { checkPrivileges } from './checkPrivileges.ts'
import { checkRegistrations } from './checkRegistrations.ts'
import { checkRoutes } from './checkRoutes.ts'
import { checkService } from './checkService.ts'
import { checkTables } from './checkTables.ts'
import { checkTenant } from './checkTenant.ts'
import { checkTls } from './checkTls.ts'
import { checkTokenIssuers } from './checkTokenIssuers.ts'
import type { Examination } from './examination.ts'
import type { Finding } from './finding.ts'
import { examineTenant, tenantNames } from './tenantExamination.ts'

/** What a diagnosis is about. */
export interface DiagnosisOptions {
  /** The one tenant to look at; all of them when undefined. */
  readonly tenant: string | undefined
  /** The longest one check may take. */
  readonly limitMilliseconds: number
}

const deploymentChecks = (examination: Examination): readonly Check[] => [
  checkDeployment(examination),
  ...checkService(examination),
  ...checkTls(examination),
  ...checkRoutes(examination),
  ...checkClocks(examination),
  ...checkTables(examination),
  ...checkVaults(examination),
  ...checkKeyFolder(examination),
  ...checkPrivileges(examination),
]

const tenantChecks = async (name: string, examination: Examination): Promise<readonly Check[]> => {
  const tenant = examineTenant(name, examination)
  return [
    ...checkTenant(tenant),
    checkTokenIssuers(tenant),
    checkRegistrations(tenant),
    ...checkAuthority(tenant),
    ...checkBundle(tenant),
    ...(await checkKeys(tenant)),
  ]
}

/** Which tenants there are. Where that cannot be told, no tenant is looked at. */
const checkKnown = (names: () => Promise<readonly string[]>): Check => ({
  id: 'tenants-known',
  async run() {
    const id = 'tenants-known'
    const found = await names()
    if (found.length > 0)
      return [{ id, status: 'ok', detail: `${found.length}: ${found.slice(0, 5).join(', ')}` }]
    const remedy = 'Run mayfly tenant apply -f FILE.'
    return [{ id, status: 'warning', detail: 'there is no tenant yet', remedy }]
  },
})

/**
 * Examines a deployment and each of its tenants; changes nothing.
 * @throws {Refusal} `tenant-unknown` for a name that no tenant can have
 */
export const diagnose = async (
  examination: Examination,
  { tenant, limitMilliseconds }: DiagnosisOptions,
): Promise<readonly Finding[]> => {
  if (tenant !== undefined) examineTenant(tenant, examination)
  const names = resting('tables-reachable', async () => {
    await examination.tableNames()
    return tenant === undefined ? tenantNames(examination) : [tenant]
  })
  const general = makeChecks([...deploymentChecks(examination), checkKnown(() => names)], limitMilliseconds)
  const known = await names.catch(() => [])
  const checks = await Promise.all(known.map((name) => tenantChecks(name, examination)))
  const special = makeChecks(checks.flat(), limitMilliseconds)
  return [...(await general), ...(await special)]
}
