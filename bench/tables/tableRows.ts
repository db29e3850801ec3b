import type { Filter } from './parseFilter.ts'

/** A row as the protocol writes it: JSON, with the types of properties beside them. */
export type Entity = Readonly<Record<string, unknown>>

export interface EntityKey {
  readonly partition: string
  readonly row: string
}

export interface StoredEntity extends EntityKey {
  readonly entity: Entity
  readonly etag: string
}

/** A write of one row: `*` for an ETag looks at no version. */
export type EntityWrite =
  | { readonly kind: 'insert'; readonly key: EntityKey; readonly entity: Entity }
  | { readonly kind: 'replace'; readonly key: EntityKey; readonly entity: Entity; readonly etag: string }
  | { readonly kind: 'remove'; readonly key: EntityKey; readonly etag: string }

/** What the service says of a call that fails. */
export interface Failure {
  readonly status: number
  readonly code: string
}

const failures = {
  tableAbsent: { status: 404, code: 'TableNotFound' },
  tableExists: { status: 409, code: 'TableAlreadyExists' },
  rowAbsent: { status: 404, code: 'ResourceNotFound' },
  rowExists: { status: 409, code: 'EntityAlreadyExists' },
  rowChanged: { status: 412, code: 'UpdateConditionNotSatisfied' },
  keyForbidden: { status: 400, code: 'OutOfRangeInput' },
  valueTooLarge: { status: 400, code: 'PropertyValueTooLarge' },
  wrongTransaction: { status: 400, code: 'InvalidInput' },
} as const satisfies Record<string, Failure>

const mostWrites = 100
/** 32 Ki UTF-16 code units of text; 64 KiB of octets, in base64. */
const mostCharacters = { text: 32 * 1024, base64: 4 * Math.ceil((64 * 1024) / 3) }

const hasTooMuch = (entity: Entity): boolean =>
  Object.entries(entity).some(([name, value]) => {
    const most = entity[`${name}@odata.type`] === 'Edm.Binary' ? mostCharacters.base64 : mostCharacters.text
    return typeof value === 'string' && value.length > most
  })

type Partition = Map<string, StoredEntity>
type Table = Map<string, Partition>

const failureOf = (write: EntityWrite, there: StoredEntity | undefined): Failure | undefined => {
  if (write.kind !== 'remove') {
    if (/[/\\#?\p{Cc}]/u.test(write.key.partition + write.key.row)) return failures.keyForbidden
    if (hasTooMuch(write.entity)) return failures.valueTooLarge
  }
  if (write.kind === 'insert') return there && failures.rowExists
  if (!there) return failures.rowAbsent
  return write.etag === '*' || write.etag === there.etag ? undefined : failures.rowChanged
}

const isTransaction = (writes: readonly EntityWrite[]): boolean =>
  writes.length <= mostWrites &&
  new Set(writes.map(({ key }) => key.partition)).size === 1 &&
  new Set(writes.map(({ key }) => key.row)).size === writes.length

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other))

const sortedBy = <Value>(map: ReadonlyMap<string, Value>): readonly Value[] =>
  [...map].toSorted(([one], [other]) => compare(one, other)).map(([, value]) => value)

const propertyOf =
  ({ partition, row, entity }: StoredEntity) =>
  (name: string): unknown =>
    name === 'PartitionKey' ? partition : name === 'RowKey' ? row : entity[name]

/** The rows of an account's tables, with the conditions, limits and codes of the service. */
export interface TableRows {
  createTable(name: string): Failure | undefined
  dropTable(name: string): Failure | undefined
  tableNames(): readonly string[]
  get(table: string, key: EntityKey): StoredEntity | Failure
  /** The rows that a filter matches, in the order of their keys. */
  select(table: string, filter: Filter): readonly StoredEntity[] | Failure
  /** Does all writes or none. @returns the ETags of the rows written, '' for those removed. */
  write(table: string, writes: readonly EntityWrite[]): readonly string[] | Failure
}

/** Tells whether a call failed. */
export const isFailure = (value: object): value is Failure => 'code' in value

/** Opens an account without tables, in memory. */
export const openTableRows = (): TableRows => {
  const tables = new Map<string, Table>()
  let version = 0

  const apply = (table: Table, write: EntityWrite): string => {
    const { partition, row } = write.key
    const rows: Partition = table.get(partition) ?? new Map<string, StoredEntity>()
    table.set(partition, rows)
    if (write.kind === 'remove') {
      rows.delete(row)
      return ''
    }
    version += 1
    const etag = `W/"${version}"`
    rows.set(row, { partition, row, entity: write.entity, etag })
    return etag
  }

  return {
    createTable(name) {
      if (tables.has(name)) return failures.tableExists
      tables.set(name, new Map())
      return undefined
    },
    dropTable: (name) => (tables.delete(name) ? undefined : failures.rowAbsent),
    tableNames: () => [...tables.keys()].toSorted(),
    get: (name, { partition, row }) => {
      const table = tables.get(name)
      return table ? (table.get(partition)?.get(row) ?? failures.rowAbsent) : failures.tableAbsent
    },
    select(name, { matches, partition }) {
      const table = tables.get(name)
      if (!table) return failures.tableAbsent
      const one = partition === undefined ? undefined : (table.get(partition) ?? new Map())
      const partitions: readonly Partition[] = one ? [one] : sortedBy(table)
      return partitions.flatMap(sortedBy).filter((row) => matches(propertyOf(row)))
    },
    write(name, writes) {
      const table = tables.get(name)
      if (!table) return failures.tableAbsent
      if (!isTransaction(writes)) return failures.wrongTransaction
      for (const write of writes) {
        const failure = failureOf(write, table.get(write.key.partition)?.get(write.key.row))
        if (failure) return failure
      }
      return writes.map((write) => apply(table, write))
    },
  }
}
