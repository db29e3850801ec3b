import { hasEnded } from '../../lib/tenant/denyEntry.ts'
import { maxDenyEntries } from '../../lib/tenant/denyChange.ts'
import { doubtsAbout, readDenyHistory } from '../../lib/tenant/denyHistory.ts'
import { shownText } from '../ledgerText.ts'
import type { Check } from './check.ts'
import type { Found } from './finding.ts'
import type { TenantExamination } from './tenantExamination.ts'

const checkConfiguration = ({ id: tenant, revision }: TenantExamination): Check => ({
  id: 'tenant-configuration',
  tenant,
  async run() {
    const id = 'tenant-configuration'
    try {
      const { number, appliedAt, appliedBy } = await revision()
      const by = `applied at ${appliedAt.toISOString().slice(0, 10)} by ${shownText(appliedBy)}`
      return [{ id, status: 'ok', detail: `revision ${number}, ${by}` }]
    } catch (error) {
      if (!(error instanceof Error) || error.name === 'Refusal') throw error
      const remedy =
        'Find out who wrote to the table tenants beside the CLI; then apply the configuration from your own file: mayfly tenant apply -f FILE.'
      return [{ id, status: 'problem', detail: error.message, remedy }]
    }
  },
})

/** How full a list may be before it is time to lift some. */
const fullShare = 0.9

const alteredFound = (doubts: readonly string[]): Found => ({
  id: 'deny-list',
  status: 'problem',
  detail: shownText(`it was altered: ${doubts.slice(0, 3).join('; ')} (${doubts.length} in all)`),
  remedy:
    'Find out who wrote to the table tenants beside the CLI; compare mayfly deny list --history with what was decided, then deny or lift again.',
})

const checkDenyList = ({ id: tenant, examination }: TenantExamination): Check => ({
  id: 'deny-list',
  tenant,
  async run() {
    const id = 'deny-list'
    const now = examination.now()
    const history = await readDenyHistory(examination.tables, tenant)
    const doubts = doubtsAbout(history, now)
    if (doubts.length > 0) return [alteredFound(doubts)]
    const { entries, changes } = history
    const ended = entries.filter((entry) => hasEnded(entry, now)).length
    const detail = `${entries.length - ended} stopped, ${ended} ended; ${changes.length} changes, none altered`
    if (entries.length < fullShare * maxDenyEntries) return [{ id, status: 'ok', detail }]
    const remedy = `Lift those that are not needed any more: the limit is ${maxDenyEntries}.`
    return [{ id, status: 'warning', detail, remedy }]
  },
})

/** Whether a tenant's rows are those that the CLI wrote. */
export const checkTenant = (tenant: TenantExamination): readonly Check[] => [
  checkConfiguration(tenant),
  checkDenyList(tenant),
]
