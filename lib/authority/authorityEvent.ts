import type { NewRow, RowRange, StoredRow, Tables } from '../store/tables.ts'
import { type Actor, actorColumns, actorOfRow } from '../tenant/actor.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import { timeOf } from './generation.ts'
import { type BundleFile, bundleFiles } from './storedBundle.ts'

/** One change of an authority, kept for good. */
export interface AuthorityEvent {
  /** The sequence of the bundle that the change made. */
  readonly sequence: number
  readonly at: Date
  readonly by: Actor
  /** The command, without its `authority`. */
  readonly action: string
  /** What became what: `issuer~0002 active`. */
  readonly changes: readonly string[]
  /** What the change broke, when it was forced. */
  readonly forced: readonly string[]
  /** Why, as the administrator says it; may be empty. */
  readonly reason: string
  /** The tenant's publication window when the change was made. */
  readonly publicationWindowSeconds: number
  /** SHA-256 of each file of the bundle, lower-case hex. */
  readonly digests: Readonly<Record<BundleFile, string>>
  /** Names the run of the command, so that it recognizes its own row. */
  readonly changeId: string
}

const rowPrefix = 'event~'

/** The rows of events, whose keys end in digits: all of them sort before `~`. */
export const eventRows: RowRange = { from: rowPrefix, before: `${rowPrefix}~` }

/** The row of the event that made a bundle. */
export const eventRowKey = (sequence: number): string => `${rowPrefix}${String(sequence).padStart(8, '0')}`

/** An event as its row stores it. */
export const eventRow = (tenant: TenantId, event: AuthorityEvent): NewRow => {
  const { at, by, changes, forced, digests, ...plain } = event
  return {
    partition: tenant,
    row: eventRowKey(event.sequence),
    values: {
      ...plain,
      ...actorColumns(by),
      at: at.toISOString(),
      changes: JSON.stringify(changes),
      forced: JSON.stringify(forced),
      digests: JSON.stringify(digests),
    },
  }
}

const fromRow = (row: StoredRow): AuthorityEvent => {
  const text = (property: string) => String(row.values[property])
  return {
    sequence: Number(row.row.slice(rowPrefix.length)),
    at: timeOf(row, 'at'),
    by: actorOfRow(row.values),
    action: text('action'),
    changes: JSON.parse(text('changes')) as readonly string[],
    forced: JSON.parse(text('forced')) as readonly string[],
    reason: text('reason'),
    publicationWindowSeconds: Number(row.values['publicationWindowSeconds']),
    digests: JSON.parse(text('digests')) as Record<BundleFile, string>,
    changeId: text('changeId'),
  }
}

/** Every change of a tenant's authority, oldest first. @throws {Refusal} `tables-unavailable` */
export const readEvents = async (tables: Tables, tenant: TenantId): Promise<readonly AuthorityEvent[]> =>
  (await tables.list('authorities', tenant, { only: eventRows })).map(fromRow)

/** Finds the bundle that a file belongs to, by the file's digest. @throws {Refusal} `tables-unavailable` */
export const sequenceOfFile = async (
  tables: Tables,
  tenant: TenantId,
  sha256: string,
): Promise<number | undefined> => {
  const events = await readEvents(tables, tenant)
  return events.findLast(({ digests }) => bundleFiles.some((file) => digests[file] === sha256))?.sequence
}
