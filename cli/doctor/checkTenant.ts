import { hasEnded, readDenyList } from '../../lib/tenant/denyEntry.ts'
import { maxDenyEntries } from '../../lib/tenant/changeDenyList.ts'
import { actorText } from '../../lib/tenant/actor.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import type { Check } from './check.ts'
import type { TenantExamination } from './tenantExamination.ts'

const checkConfiguration = ({ id: tenant, revision }: TenantExamination): Check => ({
  id: 'tenant-configuration',
  tenant,
  async run() {
    const id = 'tenant-configuration'
    try {
      const { number, appliedAt, appliedBy } = await revision()
      const by = `applied at ${appliedAt.toISOString().slice(0, 10)} by ${shownText(actorText(appliedBy))}`
      return [{ id, status: 'ok', detail: `revision ${number}, ${by}` }]
    } catch (error) {
      if (!(error instanceof Error) || error.name === 'Refusal') throw error
      const remedy =
        'Find out who wrote to the table tenants beside the CLI; then apply the configuration from your own file: mayfly tenant apply -f FILE --replace.'
      return [{ id, status: 'problem', detail: error.message, remedy }]
    }
  },
})

/** How full a list may be before it is time to lift some. */
const fullShare = 0.9

const checkDenyList = ({ id: tenant, examination }: TenantExamination): Check => ({
  id: 'deny-list',
  tenant,
  async run() {
    const id = 'deny-list'
    const now = examination.now()
    const { entries, head } = await readDenyList(examination.tables, tenant)
    const ended = entries.filter((entry) => hasEnded(entry, now)).length
    const detail = `${entries.length - ended} stopped, ${ended} ended; ${head?.number ?? 0} changes`
    if (entries.length < fullShare * maxDenyEntries) return [{ id, status: 'ok', detail }]
    const remedy = `Lift those that are not needed any more: the limit is ${maxDenyEntries}.`
    return [{ id, status: 'warning', detail, remedy }]
  },
})

/** Whether a tenant's configuration is the one that the CLI wrote, and how full its deny list is. */
export const checkTenant = (tenant: TenantExamination): readonly Check[] => [
  checkConfiguration(tenant),
  checkDenyList(tenant),
]
