import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { currentRevision, type Revision } from '../../lib/tenant/revision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'

/** The configuration in force of a tenant, from the tables and not from a cache. @throws {Refusal} `tenant-unknown` or `tables-unavailable` */
export const resolveTenant = async (tables: Tables, id: string): Promise<Revision> => {
  const revision = await currentRevision(tables, parseTenantId(id))
  if (revision) return revision
  throw new Refusal('tenant-unknown', `Cannot find the tenant: there is no tenant ${id}.`)
}
