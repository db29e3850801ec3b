import type { Deployment } from '../../lib/deployment/deployment.ts'
import { type Place, tablesPlaces, vaultPlaces } from './place.ts'
import { type Check, resting } from './check.ts'
import type { Examination } from './examination.ts'
import type { FindingId, Found } from './finding.ts'
import { probe } from './probe.ts'

const refusing = new Set([400, 401, 403, 404])

const checkAnonymous = (
  id: 'anonymous-tables' | 'anonymous-vault',
  { url, ca, host: subject }: Place,
  now: () => Date,
): Check => {
  const ask = async () => probe(url, { ca: ca() }, now)
  return {
    id,
    subject,
    async run() {
      const { status } = id === 'anonymous-tables' ? await resting('tables-reachable', ask) : await ask()
      if (refusing.has(status))
        return [{ id, subject, status: 'ok', detail: `nobody is answered without a credential (${status})` }]
      const detail = `a request without a credential is answered ${status}`
      const remedy = 'Take it off the network now, and see what answers there: everybody may read it.'
      return [{ id, subject, status: 'problem', detail, remedy }]
    },
  }
}

const loopbackHost = /^(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?$/

const checkAccountKey = ({ deployment }: Examination): Check => ({
  id: 'account-key',
  run() {
    const id = 'account-key'
    const host = tablesPlaces(deployment)[0]?.host ?? ''
    if (!('connectionString' in deployment.tables))
      return [{ id, status: 'ok', detail: 'the tables are opened with your own sign-in' }]
    if (loopbackHost.test(host))
      return [{ id, status: 'ok', detail: 'the account key opens tables of this machine alone' }]
    const detail = 'tables.connectionString holds an account key: whoever has it may do everything, unnamed'
    const remedy =
      'Write tables.endpoint in its place, and turn shared keys off: az storage account update --allow-shared-key-access false.'
    return [{ id, status: 'problem', detail, remedy }]
  },
})

const unasked = (id: FindingId, detail: string, remedy: string): Check => ({
  id,
  run: (): readonly Found[] => [{ id, status: 'not checked', detail, remedy }],
})

const accountNames = (deployment: Deployment): readonly string[] =>
  tablesPlaces(deployment).flatMap(({ url }) => url.hostname.split('.')[0] ?? [])

const vaultNames = ({ keys }: Deployment): readonly string[] =>
  [...new Set([keys.vault?.rootUrl, keys.vault?.issuerUrl])].flatMap((url) =>
    url === undefined ? [] : (new URL(url).hostname.split('.')[0] ?? []),
  )

/** What Azure Resource Manager alone tells, to whoever may read it there. */
const checksByHand = ({ deployment }: Examination): readonly Check[] => {
  const isAzure = 'endpoint' in deployment.tables && deployment.tables.standIn === undefined
  if (!isAzure) return []
  const accounts = accountNames(deployment)
  const vaults = vaultNames(deployment)
  return [
    unasked(
      'role-assignments',
      'who may do what is known to Azure Resource Manager, which is not asked here',
      `az role assignment list --all --assignee APP-IDENTITY: the enroll app has keys/read and keys/sign on the issuer vault and nothing on the root vault; it reads tenants and authorities, and may add to ledgers and refusals but not update or delete.`,
    ),
    unasked(
      'network-access',
      'whether the public network reaches tables and vaults cannot be told from here',
      `${accounts
        .map(
          (name) =>
            `az storage account show -n ${name} --query "[publicNetworkAccess,allowSharedKeyAccess,minimumTlsVersion]"`,
        )
        .join('; ')}, and the next one for vaults.`,
    ),
    unasked(
      'vault-protection',
      'purge protection and the firewall of the vaults are known to Azure Resource Manager',
      vaults
        .map(
          (name) =>
            `az keyvault show -n ${name} --query "properties.[enablePurgeProtection,publicNetworkAccess]"`,
        )
        .join('; ') || 'The deployment names no vault.',
    ),
  ]
}

/** Whether anybody may do more than they need, as far as that can be asked. */
export const checkPrivileges = (examination: Examination): readonly Check[] => {
  const { deployment, now } = examination
  return [
    ...tablesPlaces(deployment).map((place) => checkAnonymous('anonymous-tables', place, now)),
    ...vaultPlaces(deployment).map((place) => checkAnonymous('anonymous-vault', place, now)),
    checkAccountKey(examination),
    ...checksByHand(examination),
  ]
}
