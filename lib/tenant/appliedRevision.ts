import type { Tables } from '../store/tables.ts'
import { revisionRow } from './revisions.ts'
import type { TenantId } from './tenantId.ts'

/** Who put a revision of a configuration into force, and when. */
export interface AppliedRevision {
  readonly number: number
  readonly appliedAt: Date
  readonly appliedBy: string
  /** Whether its document is the one that was applied: a row is named after it. */
  readonly isIntact: boolean
}

/**
 * Reads who applied a revision, in force or not, without understanding its document, which may be of an older version.
 * @returns undefined when the tenant has no such revision.
 * @throws {Refusal} `tables-unavailable`
 */
export const appliedRevision = async (
  tables: Tables,
  tenant: TenantId,
  number: number,
): Promise<AppliedRevision | undefined> => {
  const name = `revision~${String(number).padStart(8, '0')}~`
  const [found] = await tables.list('tenants', tenant, { only: { from: name, before: `${name}~` } })
  if (!found) return undefined
  const { appliedAt, appliedBy, document } = found.values
  return {
    number,
    appliedAt: new Date(String(appliedAt)),
    appliedBy: String(appliedBy),
    isIntact: found.row === revisionRow(number, String(document)),
  }
}
