import { createHash } from 'node:crypto'
import type { NewRow, PartitionPart, StoredRow, Tables } from '../store/tables.ts'
import { type Actor, actorColumns, actorOfRow } from './actor.ts'
import type { TenantId } from './tenantId.ts'

/** The circumstances in which a revision of a tenant's configuration came into force. */
export interface RevisionRecord {
  /** 1 for the first. */
  readonly number: number
  /** `apply`, or `rollback to revision 3`. */
  readonly action: string
  readonly appliedAt: Date
  readonly appliedBy: Actor
  /** May be empty. */
  readonly reason: string
  /** Lists what was passed over, when it was forced. */
  readonly forced: readonly string[]
}

/** A revision as its row has it, in force or not; its document may be of an older version. */
export interface StoredRevision extends RevisionRecord {
  /** JSON. */
  readonly document: string
  /** Whether its document is the one that was applied: a row is named after it. */
  readonly isIntact: boolean
}

/** The rows of revisions, whose keys go on with digits: all of them sort before `~`. */
export const revisionRows: PartitionPart = { only: { from: 'revision~', before: 'revision~~' } }

const numberPrefix = (number: number): string => `revision~${String(number).padStart(8, '0')}~`

/** The row key of a revision: its number, and the SHA-256 of its document, cut short. */
const revisionRow = (number: number, document: string): string =>
  numberPrefix(number) + createHash('sha256').update(document).digest('hex').slice(0, 16)

/** A revision as its row stores it, with what else the row has. */
export const newRevisionRow = (
  tenant: TenantId,
  { number, document, action, appliedAt, appliedBy, reason, forced }: Omit<StoredRevision, 'isIntact'>,
  others: NewRow['values'],
): NewRow => {
  const { by, actor } = actorColumns(appliedBy)
  const told = { action, appliedAt: appliedAt.toISOString(), appliedBy: by, actor, reason }
  return {
    partition: tenant,
    row: revisionRow(number, document),
    values: { number, document, ...told, forced: JSON.stringify(forced), ...others },
  }
}

/** Whoever may write to the table may write anything: what is no list of texts tells nothing. */
const listOf = (text: string): readonly string[] => {
  try {
    const found: unknown = JSON.parse(text)
    return Array.isArray(found) ? found.map(String) : []
  } catch {
    return []
  }
}

/** Reads a revision without understanding its document. Rows of Mayfly 0.1 tell no action, no reason and nothing forced. */
export const storedRevision = ({ row, values }: StoredRow): StoredRevision => {
  const { number, document, appliedAt, action = 'apply', reason = '', forced = '[]' } = values
  return {
    number: Number(number),
    action: String(action),
    appliedAt: new Date(String(appliedAt)),
    appliedBy: actorOfRow(values, 'appliedBy'),
    reason: String(reason),
    forced: listOf(String(forced)),
    document: String(document),
    isIntact: row === revisionRow(Number(number), String(document)),
  }
}

/**
 * Reads a revision, in force or not.
 * @returns undefined when the tenant has no such revision.
 * @throws {Refusal} `tables-unavailable`
 */
export const readRevision = async (
  tables: Tables,
  tenant: TenantId,
  number: number,
): Promise<StoredRevision | undefined> => {
  const prefix = numberPrefix(number)
  const [found] = await tables.list('tenants', tenant, { only: { from: prefix, before: `${prefix}~` } })
  return found && storedRevision(found)
}

/** Every revision of a tenant, oldest first. @throws {Refusal} `tables-unavailable` */
export const listRevisions = async (tables: Tables, tenant: TenantId): Promise<readonly StoredRevision[]> =>
  (await tables.list('tenants', tenant, revisionRows)).map(storedRevision)
