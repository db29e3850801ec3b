import type { Tables } from '../store/tables.ts'
import { pointerRow } from './revision.ts'
import { storedRevision, type StoredRevision } from './storedRevision.ts'
import { tenantIdForm } from './tenantId.ts'

/** A tenant, with its revision in force. */
export interface ListedTenant {
  readonly tenant: string
  /** Undefined when the row that should hold it is missing. */
  readonly revision: StoredRevision | undefined
}

/** Every tenant, by its id. Reads the whole table: for rare use. @throws {Refusal} `tables-unavailable` */
export const listTenants = async (tables: Tables): Promise<readonly ListedTenant[]> => {
  const pointers = await tables.find('tenants', { property: 'RowKey', value: pointerRow, limit: Infinity })
  const listed: ListedTenant[] = []
  for (const { partition: tenant, values } of pointers.filter(({ partition }) =>
    tenantIdForm.test(partition),
  )) {
    const row = await tables.get('tenants', { partition: tenant, row: String(values['revision']) })
    listed.push({ tenant, revision: row && storedRevision(row) })
  }
  return listed
}
