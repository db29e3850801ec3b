import type { Deployment } from '../../lib/deployment/deployment.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { currentRevision, type Revision } from '../../lib/tenant/revision.ts'
import { parseTenantId, type TenantId } from '../../lib/tenant/tenantId.ts'
import type { CommandContext } from '../commandLine/command.ts'

/** Refuses a tenant that has no configuration. */
export const tenantUnknown = (id: TenantId): Refusal =>
  new Refusal('tenant-unknown', `Cannot find the tenant: there is no tenant ${id}.`)

/** Reads the configuration in force of a tenant, from the tables and not from a cache. @throws {Refusal} `tenant-unknown` or `tables-unavailable` */
export const resolveTenant = async (tables: Tables, name: string): Promise<Revision> => {
  const id = parseTenantId(name)
  const revision = await currentRevision(tables, id)
  if (revision) return revision
  throw tenantUnknown(id)
}

/** A tenant of a deployment, with the tables that tell of it. */
export interface OpenTenant extends Revision {
  readonly deployment: Deployment
  readonly tables: Tables
}

/** Opens the tables of a deployment, and finds a tenant in them. @throws {Refusal} those of resolveTenant() */
export const openTenant = async (
  { deployment: read, openTables }: Pick<CommandContext, 'deployment' | 'openTables'>,
  name: string,
): Promise<OpenTenant> => {
  const deployment = await read()
  const tables = openTables(deployment)
  return { deployment, tables, ...(await resolveTenant(tables, name)) }
}
