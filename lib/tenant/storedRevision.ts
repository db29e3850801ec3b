import { createHash } from 'node:crypto'
import { hashParts } from '../store/hashParts.ts'
import type { NewRow, PartitionPart, StoredRow, Tables } from '../store/tables.ts'
import { type Actor, actorColumns, actorOfRow } from './actor.ts'
import { readParts } from './revisionParts.ts'
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

/** A revision as its rows have it, in force or not; it may be of an older version. */
export interface StoredRevision extends RevisionRecord {
  /** The key of its row. */
  readonly row: string
  /** JSON of the configuration. */
  readonly document: string
  /** JSON of its policies and locations, in the parts that rows have of it; none where there are none. */
  readonly parts: readonly string[]
  /** Whether document and parts are those that were applied: the row is named after them. */
  readonly isIntact: boolean
}

/** The rows of revisions, whose keys go on with digits: all of them sort before `~`. */
export const revisionRows: PartitionPart = { only: { from: 'revision~', before: 'revision~~' } }

const numberPrefix = (number: number): string => `revision~${String(number).padStart(8, '0')}~`

/** A revision's content, as rows have it. */
type Content = Pick<StoredRevision, 'document' | 'parts'>

/** Tells contents apart; one of a document alone goes by that, as it did before there were parts. */
const digestOf = ({ document, parts }: Content): string =>
  parts.length === 0 ? createHash('sha256').update(document).digest('hex') : hashParts(document, ...parts)

/** The row key of a revision: its number, and the SHA-256 of what it says, cut short. */
export const revisionRow = (number: number, content: Content): string =>
  numberPrefix(number) + digestOf(content).slice(0, 16)

/** A revision as its row stores it, with what else the row has. */
export const newRevisionRow = (
  revision: RevisionRecord & Pick<StoredRevision, 'row' | 'document'> & { readonly tenant: TenantId },
  others: NewRow['values'],
): NewRow => {
  const { tenant, row, number, document, action, appliedAt, appliedBy, reason, forced } = revision
  const { by, actor } = actorColumns(appliedBy)
  const told = { action, appliedAt: appliedAt.toISOString(), appliedBy: by, actor, reason }
  return {
    partition: tenant,
    row,
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

/** Reads the circumstances of a revision. Rows of Mayfly 0.1 tell no action, no reason and nothing forced. */
export const recordOfRow = ({ values }: StoredRow): RevisionRecord => {
  const { number, appliedAt, action = 'apply', reason = '', forced = '[]' } = values
  return {
    number: Number(number),
    action: String(action),
    appliedAt: new Date(String(appliedAt)),
    appliedBy: actorOfRow(values, 'appliedBy'),
    reason: String(reason),
    forced: listOf(String(forced)),
  }
}

/** Reads a revision without understanding what it says. @throws {Refusal} `tables-unavailable` */
export const storedRevision = async (tables: Tables, row: StoredRow): Promise<StoredRevision> => {
  const record = recordOfRow(row)
  const content = { document: String(row.values['document']), parts: await readParts(tables, row) }
  const isIntact = row.row === revisionRow(record.number, content)
  return { ...record, ...content, row: row.row, isIntact }
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
  return found && storedRevision(tables, found)
}

/** Reads every revision of a tenant, oldest first: one at a time, for each may be large. @throws {Refusal} `tables-unavailable` */
export async function* readRevisions(tables: Tables, tenant: TenantId): AsyncGenerator<StoredRevision> {
  for (const row of await tables.list('tenants', tenant, revisionRows)) yield storedRevision(tables, row)
}
