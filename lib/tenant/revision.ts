import type { StoredRow, Tables } from '../store/tables.ts'
import { contentOf, type UnderstoodContent } from './revisionContent.ts'
import { type RevisionRecord, storedRevision, type StoredRevision } from './storedRevision.ts'
import type { TenantId } from './tenantId.ts'

/** One immutable revision of a tenant: its configuration, policies, locations and compliance policies. */
export interface Revision extends RevisionRecord, UnderstoodContent {
  readonly tenant: TenantId
  /** The key of its row, which tells what it says from everything else. */
  readonly row: string
}

/** The row that names the revision in force. */
export const pointerRow = 'current'

/** A revision of a content, as it came into force. */
export const recordedRevision = (
  tenant: TenantId,
  { row, number, action, appliedAt, appliedBy, reason, forced }: RevisionRecord & Pick<Revision, 'row'>,
  { configuration, policySet, policies, locations, compliancePolicies }: UnderstoodContent,
): Revision => {
  const record = { number, action, appliedAt, appliedBy, reason, forced }
  return { tenant, row, ...record, configuration, policySet, policies, locations, compliancePolicies }
}

/** Reads what was accepted once. What is not any more is a defect of ours, not a refusal of the request that meets it. */
const toRevision = (tenant: TenantId, stored: StoredRevision): Revision => {
  const content = contentOf(tenant, stored)
  if (content) return recordedRevision(tenant, stored, content)
  const why = stored.isIntact ? 'cannot be read, or is of another tenant' : 'is not the one that was applied'
  throw new Error(`The configuration in force of ${tenant} ${why}.`)
}

/** The revision in force as its rows have it, with the row that names it. */
interface Current {
  readonly stored: StoredRevision
  readonly pointer: StoredRow
}

const readPointer = (tables: Tables, tenant: TenantId): Promise<StoredRow | undefined> =>
  tables.get('tenants', { partition: tenant, row: pointerRow })

const readPointed = async (tables: Tables, { partition, values }: StoredRow): Promise<StoredRevision> => {
  const row = await tables.get('tenants', { partition, row: String(values['revision']) })
  if (row) return storedRevision(tables, row)
  throw new Error(`The tenant ${partition} points to a revision that does not exist.`)
}

/**
 * Reads the revision in force as its rows have it, also one that was altered or that this version does not understand.
 * @returns undefined when there is no such tenant.
 * @throws {Refusal} `tables-unavailable`
 */
export const readCurrent = async (tables: Tables, tenant: TenantId): Promise<Current | undefined> => {
  const pointer = await readPointer(tables, tenant)
  return pointer && { stored: await readPointed(tables, pointer), pointer }
}

/**
 * Reads the revision in force; undefined when there is no such tenant.
 * @param known is given again, and nothing of it read, while it is the one in force.
 * @throws {Refusal} `tables-unavailable`
 */
export const currentRevision = async (
  tables: Tables,
  tenant: TenantId,
  known?: Revision,
): Promise<Revision | undefined> => {
  const pointer = await readPointer(tables, tenant)
  if (!pointer) return undefined
  if (known && pointer.values['revision'] === known.row) return known
  return toRevision(tenant, await readPointed(tables, pointer))
}
