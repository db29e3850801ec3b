import type { Authority } from '../../lib/authority/authority.ts'
import { listRelyingParties, type RelyingParty } from '../../lib/authority/adopt/relyingParty.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { currentRevision, type Revision } from '../../lib/tenant/revision.ts'
import { parseTenantId, type TenantId } from '../../lib/tenant/tenantId.ts'
import { readStored } from '../../lib/authority/trusted/changeTrusted.ts'
import type { Examination } from './examination.ts'

/** One tenant of a deployment that is examined. What is read is read once, by the first check that needs it. */
export interface TenantExamination {
  readonly id: TenantId
  readonly examination: Examination
  readonly revision: () => Promise<Revision>
  readonly authority: () => Promise<Authority>
  readonly relyingParties: () => Promise<readonly RelyingParty[]>
}

const once = <T>(get: () => Promise<T>): (() => Promise<T>) => {
  let got: Promise<T> | undefined
  return () => (got ??= get())
}

/** Begins with a tenant. @throws {Refusal} `tenant-unknown` */
export const examineTenant = (name: string, examination: Examination): TenantExamination => {
  const id = parseTenantId(name)
  const { tables, trust } = examination
  return {
    id,
    examination,
    revision: once(async () => {
      const revision = await currentRevision(tables, id)
      if (revision) return revision
      throw new Refusal('tenant-unknown', `Cannot find the tenant: there is no tenant ${id}.`)
    }),
    authority: once(async () => {
      const authority = await readStored(tables, id, trust)
      if (authority) return authority
      throw new Refusal('generation-unknown', `Cannot find the authority: ${id} has none.`)
    }),
    relyingParties: once(() => listRelyingParties(tables, id)),
  }
}

/** The partitions of tenants: those of token sources begin with `~`. */
const allTenants = { from: '', before: '~' }

/** The tenants that have a configuration, by name. @throws {Refusal} `tables-unavailable` */
export const tenantNames = async ({ tables }: Examination): Promise<readonly string[]> => {
  const names: string[] = []
  const what = { partitions: allTenants, where: { RowKey: 'current' } }
  for await (const { partition } of tables.scan('tenants', what)) names.push(partition)
  return names.toSorted()
}
