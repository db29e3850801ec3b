import { stat } from 'node:fs/promises'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { sharesVault } from '../../lib/deployment/openKeys.ts'
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { Examination } from './examination.ts'
import { type Found, notChecked, ok, problem } from '../../client/check/finding.ts'
import { type Place, probePlace, tablesPlaces, vaultPlaces } from './place.ts'
import type { Probed } from './probe.ts'

const vaultsFound = ({ deployment: { keys } }: Examination): Found | readonly Found[] => {
  const { vault } = keys
  if (!vault || vault.standIn) return []
  return sharesVault(keys, vault.issuerUrl)
    ? problem(
        'rootUrl and issuerUrl are one vault: the app may sign with roots',
        catalogue['vaults-shared'].remedy,
      )
    : ok('roots and issuers have a vault each')
}

const keyFolderFound = async ({ deployment }: Examination): Promise<Found | readonly Found[]> => {
  const { folder } = deployment.keys
  if (folder === undefined || process.platform === 'win32') return []
  const status = await stat(folder).catch(() => undefined)
  if (!status) return []
  const shown = `${folder} has the mode 0${(status.mode & 0o777).toString(8)}`
  if ((status.mode & 0o077) === 0) return ok(shown)
  return problem(`${shown}: others can look into it`, `chmod 700 ${folder}`)
}

const refusing = new Set([400, 401, 403, 404])

const anonymousFound = ({ status }: Probed): Found =>
  refusing.has(status)
    ? ok(`nobody is answered without a credential (${status})`)
    : problem(
        `a request without a credential is answered ${status}`,
        'Take it off the network now, and see what answers there: everybody may read it.',
      )

const loopbackHost = /^(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?$/

const accountKeyFound = ({ deployment }: Examination): Found => {
  if (!('connectionString' in deployment.tables)) return ok('the tables are opened with your own sign-in')
  if (loopbackHost.test(tablesPlaces(deployment)[0]?.host ?? ''))
    return ok('the account key opens tables of this machine alone')
  return problem(
    'tables.connectionString holds an account key: whoever has it may do everything, unnamed',
    'Write tables.endpoint in its place, and turn shared keys off: az storage account update --allow-shared-key-access false.',
  )
}

/** Names the account or vault that answers at a place, as `az` does. */
const resourceAt = ({ url }: Place): string => url.hostname.split('.')[0] ?? ''

const accountCommand = (place: Place): string =>
  `az storage account show -n ${resourceAt(place)} --query "[publicNetworkAccess,allowSharedKeyAccess,minimumTlsVersion]"`

const vaultCommand = (place: Place): string =>
  `az keyvault show -n ${resourceAt(place)} --query "properties.[enablePurgeProtection,publicNetworkAccess]"`

const rolesFound = (): Found =>
  notChecked(
    'who may do what is known to Azure Resource Manager, which is not asked here',
    'az role assignment list --all --assignee APP-IDENTITY: the enroll app has keys/read and keys/sign on the issuer vault and nothing on the root vault; it reads tenants and authorities, and may add to ledgers and refusals but not update or delete.',
  )

const networkFound = ({ deployment }: Examination): Found =>
  notChecked(
    'whether the public network reaches tables and vaults cannot be told from here',
    `${tablesPlaces(deployment).map(accountCommand).join('; ')}, and the next one for vaults.`,
  )

const protectionFound = ({ deployment }: Examination): Found =>
  notChecked(
    'purge protection and the firewall of the vaults are known to Azure Resource Manager',
    vaultPlaces(deployment).map(vaultCommand).join('; ') || 'The deployment names no vault.',
  )

const anonymousChecks = ({ deployment, now }: Examination): readonly Check[] => [
  ...tablesPlaces(deployment).map((place) => ({
    id: 'anonymous-tables' as const,
    subject: place.host,
    ask: async () => anonymousFound(await dependOn('tables-reachable', () => probePlace(place, now))),
  })),
  ...vaultPlaces(deployment).map((place) => ({
    id: 'anonymous-vault' as const,
    subject: place.host,
    ask: async () => anonymousFound(await probePlace(place, now)),
  })),
]

/** Checks whether anybody may do more than they need; names the commands for what Azure Resource Manager alone tells. */
export const privilegeChecks = (examination: Examination): readonly Check[] => {
  const { tables } = examination.deployment
  const isAzure = 'endpoint' in tables && tables.standIn === undefined
  return [
    ...checksOf(examination, { 'vault-separation': vaultsFound, 'key-folder': keyFolderFound }),
    ...anonymousChecks(examination),
    ...checksOf(examination, {
      'account-key': accountKeyFound,
      ...(isAzure && {
        'role-assignments': rolesFound,
        'network-access': networkFound,
        'vault-protection': protectionFound,
      }),
    }),
  ]
}
