import { Refusal } from '../lib/errors/refusal.ts'
import type {
  NewRow,
  PartitionPart,
  RowKey,
  Scan,
  StoredRow,
  Tables,
  Value,
  Write,
} from '../lib/store/tables.ts'

// Tests that fake timers fake this one too.
const { setImmediate } = globalThis
const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve))

const unavailable = (reason: string): Refusal =>
  new Refusal('tables-unavailable', `Cannot use the tables: ${reason}.`, {
    cause: new Error(reason),
    retryAfterSeconds: 5,
  })

/** Waits as for a service: others get their turn. */
const called = async <T>(act: () => T, signal?: AbortSignal): Promise<T> => {
  await nextTurn()
  if (signal?.aborted) throw unavailable('AbortError')
  return act()
}

const most = { octets: 64 * 1024, rowOctets: 1024 * 1024, writes: 100, transactionOctets: 4 * 1024 * 1024 }

const octetsOf = (value: Value): number =>
  typeof value === 'string' ? 2 * value.length : value instanceof Uint8Array ? value.length : 8

/** Copies a row as the service takes it and the SDK reads it. @throws for what the service refuses: a defect of whoever writes. */
const taken = ({ partition, row, values }: NewRow): NewRow => {
  for (const key of [partition, row]) if (/[/\\#?\p{Cc}]/u.test(key)) throw new Error('OutOfRangeInput')
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  for (const [, value] of entries) {
    if (octetsOf(value) > most.octets) throw new Error('PropertyValueTooLarge')
    // The SDK writes UTF-8, which has no half of a character.
    if (typeof value === 'string' && !value.isWellFormed()) throw new Error('InvalidInput: half a character')
  }
  const octets = entries.reduce((sum, [name, value]) => sum + 2 * name.length + octetsOf(value), 0)
  if (octets > most.rowOctets) throw new Error('EntityTooLarge')
  const copies = entries.map(([name, value]): [string, Value] => [
    name,
    value instanceof Uint8Array ? Buffer.from(value) : value,
  ])
  return { partition, row, values: Object.fromEntries(copies) }
}

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other))
const byKey = (one: RowKey, other: RowKey): number =>
  compare(one.partition, other.partition) || compare(one.row, other.row)

const isIn = (part: PartitionPart | undefined, { row }: RowKey): boolean => {
  if (!part) return true
  const { from, before } = 'only' in part ? part.only : part.except
  return (row >= from && row < before) === 'only' in part
}

/** A property of a row, of which its keys are two. */
const propertyOf = ({ partition, row, values }: StoredRow, name: string): Value | undefined =>
  name === 'RowKey' ? row : name === 'PartitionKey' ? partition : values[name]

const pageRows = 1_000

/** Makes tables in memory that do what those of Azure do: `test/lib/store/openTables.test.ts` holds both to one contract. */
export const memoryTables = (): Tables => {
  const tables = new Map<string, Map<string, StoredRow>>()
  let version = 0

  const keyOf = ({ partition, row }: RowKey) => `${partition}/${row}`
  const rowsOf = (table: string): Map<string, StoredRow> => {
    const rows = tables.get(table)
    if (!rows) throw unavailable('TableNotFound')
    return rows
  }
  const sorted = (table: string, matches: (row: StoredRow) => boolean): readonly StoredRow[] =>
    [...rowsOf(table).values()]
      .filter(matches)
      .toSorted(byKey)
      .map((row) => ({ ...row, ...taken(row) }))
  const put = (rows: Map<string, StoredRow>, row: NewRow): void => {
    version += 1
    rows.set(keyOf(row), { ...taken(row), etag: `W/"${version}"` })
  }
  const can = (rows: ReadonlyMap<string, StoredRow>, write: Write): boolean => {
    const there = rows.get(keyOf(write.row))
    if (write.kind === 'insert') return there === undefined
    return there !== undefined && (write.kind === 'remove' || there.etag === write.etag)
  }
  const transact = (table: string, writes: readonly Write[]): boolean => {
    const rows = rowsOf(table)
    const written = writes.flatMap((write) => (write.kind === 'remove' ? [] : [taken(write.row)]))
    const octets = written
      .flatMap(({ values }) => Object.values(values))
      .reduce((sum: number, value) => sum + octetsOf(value), 0)
    if (writes.length > most.writes || octets > most.transactionOctets)
      throw new Error('InvalidInput: too large')
    if (new Set(writes.map(({ row }) => row.partition)).size > 1)
      throw new Error('CommandsInBatchActOnDifferentPartitions')
    if (new Set(writes.map(({ row }) => keyOf(row))).size < writes.length)
      throw new Error('InvalidDuplicateRow')
    if (!writes.every((write) => can(rows, write))) return false
    for (const write of writes) {
      if (write.kind === 'remove') rows.delete(keyOf(write.row))
      else put(rows, write.row)
    }
    return true
  }

  async function* scan(
    table: string,
    { partitions: { from, before }, where = {} }: Scan,
  ): AsyncGenerator<StoredRow> {
    let after: StoredRow | undefined
    for (;;) {
      const last = after
      const page = await called(() =>
        sorted(
          table,
          (row) =>
            row.partition >= from &&
            row.partition < before &&
            Object.entries(where).every(([name, value]) => propertyOf(row, name) === value) &&
            (last === undefined || byKey(row, last) > 0),
        ).slice(0, pageRows),
      )
      yield* page
      after = page.at(-1)
      if (page.length < pageRows) return
    }
  }

  return {
    get: (table, key, signal) =>
      called(() => {
        const row = rowsOf(table).get(keyOf(key))
        return row && { ...row, ...taken(row) }
      }, signal),
    list: (table, partition, part) =>
      called(() => sorted(table, (row) => row.partition === partition && isIn(part, row))),
    find: (table, { property, value, limit }) =>
      called(() => sorted(table, (row) => propertyOf(row, property) === value).slice(0, limit)),
    insert: (table, row, signal) => called(() => transact(table, [{ kind: 'insert', row }]), signal),
    remove: (table, row) => called(() => transact(table, [{ kind: 'remove', row }])),
    transact: (table, writes, signal) => called(() => transact(table, writes), signal),
    scan,
    create: (names) =>
      called(() => {
        for (const name of names) if (!tables.has(name)) tables.set(name, new Map())
      }),
    names: (prefix) =>
      called(() => [...tables.keys()].filter((name) => name >= prefix && name < `${prefix}~`).toSorted()),
    drop: (table) => called(() => void tables.delete(table)),
  }
}
