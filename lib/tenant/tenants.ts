import type { Wait } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'
import { cachedLookup } from '../store/cachedLookup.ts'
import { configurationFreshMilliseconds, configurationStaleMilliseconds } from './configuration.ts'
import { currentRevision, pointerRow, type Revision } from './revision.ts'
import { parseTenantId, tenantIdForm } from './tenantId.ts'
import type { Tables } from '../store/tables.ts'
import { recordOfRow, type RevisionRecord } from './storedRevision.ts'

/** A tenant as requests see it: its revision in force. */
export type Tenant = Pick<
  Revision,
  'tenant' | 'number' | 'configuration' | 'policies' | 'locations' | 'compliancePolicies'
>

/** Resolves tenants for requests, through a cache. */
export interface Tenants {
  /** Whether this instance has served the tenant. */
  isKnown(id: string): boolean
  /**
   * @param waitForUnknown how to wait for a tenant that this instance has not served yet, if there is one of the name.
   * @throws {Refusal} `tenant-unknown` or `tables-unavailable`, and what waiting throws.
   */
  resolve(id: string, wait?: Wait, waitForUnknown?: Wait): Promise<Tenant>
}

/**
 * Resolves tenants from the tables: at most 30 s old, or 10 minutes while the tables are down; absences for 10 s. A tenant
 * stays the same object while its revision does, and is not read again.
 */
export const openTenants = (tables: Tables, now: () => Date): Tenants => {
  const lookup = cachedLookup<Revision>({
    load: (id, known) => currentRevision(tables, parseTenantId(id), known),
    now: () => now().getTime(),
    freshMilliseconds: configurationFreshMilliseconds,
    staleMilliseconds: configurationStaleMilliseconds,
    absentMilliseconds: 10_000,
    maxAbsent: 1_000,
  })
  return {
    isKnown: lookup.has,
    async resolve(id, ...waits) {
      const tenant = await lookup.get(parseTenantId(id), ...waits)
      if (!tenant) throw new Refusal('tenant-unknown', `Cannot find the tenant: there is no tenant ${id}.`)
      return tenant
    },
  }
}

/** A tenant, with its revision in force. */
interface ListedTenant {
  readonly tenant: string
  /** Undefined when the row that should hold it is missing. */
  readonly revision: RevisionRecord | undefined
}

/** Every tenant, by its id. Reads the whole table: for rare use. @throws {Refusal} `tables-unavailable` */
export const listTenants = async (tables: Tables): Promise<readonly ListedTenant[]> => {
  const pointers = await tables.find('tenants', { property: 'RowKey', value: pointerRow, limit: Infinity })
  const listed: ListedTenant[] = []
  for (const { partition: tenant, values } of pointers.filter(({ partition }) =>
    tenantIdForm.test(partition),
  )) {
    const row = await tables.get('tenants', { partition: tenant, row: String(values['revision']) })
    listed.push({ tenant, revision: row && recordOfRow(row) })
  }
  return listed
}
