import type { NewRow, RowRange, StoredRow, Tables } from '../store/tables.ts'
import { type Actor, actorColumns, actorOfRow } from '../tenant/actor.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import { AlteredRow, timeOf } from './generation.ts'
import { type BundleFile, bundleFiles } from './storedBundle.ts'

/** One change of an authority, kept for good. */
export interface AuthorityEvent {
  /** The sequence of the bundle that the change made. */
  readonly sequence: number
  readonly at: Date
  readonly by: Actor
  /** The command, without its `authority`. */
  readonly action: string
  /** Lists the new states: `issuer~0002 active`. */
  readonly changes: readonly string[]
  /** Lists what was broken, when the change was forced. */
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

/** Reads a list that a property stores as JSON. */
const parsed = ({ partition, row, values }: StoredRow, property: string): unknown => {
  try {
    return JSON.parse(String(values[property]))
  } catch (error) {
    throw new AlteredRow(`The row ${partition} ${row} has ${property} that cannot be read.`, { cause: error })
  }
}

const textsOf = (row: StoredRow, property: string): readonly string[] => {
  const texts = parsed(row, property)
  if (Array.isArray(texts) && texts.every((text) => typeof text === 'string')) return texts
  throw new AlteredRow(`The row ${row.partition} ${row.row} has ${property} that are no texts.`)
}

const isDigests = (value: unknown): value is AuthorityEvent['digests'] =>
  typeof value === 'object' && value !== null

const digestsOfRow = (row: StoredRow): AuthorityEvent['digests'] => {
  const digests = parsed(row, 'digests')
  if (isDigests(digests)) return digests
  throw new AlteredRow(`The row ${row.partition} ${row.row} has digests that are none.`)
}

const fromRow = (row: StoredRow): AuthorityEvent => {
  const text = (property: string) => String(row.values[property])
  return {
    sequence: Number(row.row.slice(rowPrefix.length)),
    at: timeOf(row, 'at'),
    by: actorOfRow(row.values),
    action: text('action'),
    changes: textsOf(row, 'changes'),
    forced: textsOf(row, 'forced'),
    reason: text('reason'),
    publicationWindowSeconds: Number(row.values['publicationWindowSeconds']),
    digests: digestsOfRow(row),
    changeId: text('changeId'),
  }
}

/** Lists the rows of the history as they are called, each with the bundle that it tells of. @throws {Refusal} `tables-unavailable` */
export const listEventRows = async (tables: Tables, tenant: TenantId) =>
  (await tables.list('authorities', tenant, { only: eventRows })).map(({ row }) => ({
    row,
    sequence: Number(row.slice(rowPrefix.length)),
  }))

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
