/** A property value Mayfly stores: text, number, flag, or up to 64 KiB of octets (Edm.Binary). */
export type Value = string | number | boolean | Uint8Array

/** Name of a row: PartitionKey and RowKey. Neither may contain `/ \ # ?` or control characters. */
export interface RowKey {
  readonly partition: string
  readonly row: string
}

/** A row to write. */
export interface NewRow extends RowKey {
  readonly values: Readonly<Record<string, Value>>
}

/** A row as it was read. */
export interface StoredRow extends NewRow {
  /** Opaque version: a write conditioned on it fails once somebody else wrote the row. */
  readonly etag: string
}

/** Row keys from one on, up to another that is not among them. */
export interface RowRange {
  readonly from: string
  readonly before: string
}

/** A part of a partition: the rows of a range, or all but those. */
export type PartitionPart = { readonly only: RowRange } | { readonly except: RowRange }

/**
 * One write of a transaction: `insert` fails when the row exists, `replace` when somebody wrote it since, `remove` when
 * there is no such row. A transaction that removes holds a row under its ETag beside it: `remove` looks at no version.
 */
export type Write =
  | { readonly kind: 'insert'; readonly row: NewRow }
  | { readonly kind: 'replace'; readonly row: NewRow; readonly etag: string }
  | { readonly kind: 'remove'; readonly row: RowKey }

export interface Scan {
  /** Partitions from one on, up to another that is not among them. */
  readonly partitions: RowRange
  /** The value that each of these properties has. */
  readonly where?: Readonly<Record<string, string>>
}

/**
 * Azure Table Storage, or Azurite. Safe for concurrent use. Transient faults are retried within the time a call has; a
 * write is durable once its promise resolves. A write that throws may have happened all the same.
 *
 * Every call has a time of its own; those that a request makes end earlier by its signal. What a signal ended may have
 * happened too.
 *
 * Every method throws Refusal `tables-unavailable` when the tables do not answer, or when a table does not exist:
 * a row in a table nobody created is unknown, not absent.
 */
export interface Tables {
  /** @returns undefined when the row is absent. */
  get(table: string, key: RowKey, signal?: AbortSignal): Promise<StoredRow | undefined>
  /**
   * All rows of a partition, or of a part of it, in the order of their row keys. What fits into one answer of the service
   * is as it was at one time: a part is one query, therefore.
   */
  list(table: string, partition: string, part?: PartitionPart): Promise<readonly StoredRow[]>
  /** Up to `limit` rows of any partition whose property has the value. Reads the whole table: for rare use. */
  find(
    table: string,
    where: { property: string; value: string; limit: number },
  ): Promise<readonly StoredRow[]>
  /** Inserts a row unless its key exists. @returns false when it does; also when a retry met its own insert. */
  insert(table: string, row: NewRow, signal?: AbortSignal): Promise<boolean>
  /** Deletes a row, whatever its version. @returns false when there is none; also when a retry met its own delete. */
  remove(table: string, key: RowKey): Promise<boolean>
  /** Does all writes, of one partition and at most 100, or none. @returns false when a condition fails. */
  transact(table: string, writes: readonly Write[], signal?: AbortSignal): Promise<boolean>
  /**
   * Reads rows page by page, in the order of their keys, while the caller takes them. Each page has the time of a call;
   * what is written meanwhile may be among them or not.
   */
  scan(table: string, what: Scan): AsyncIterable<StoredRow>
  /** Creates the tables that do not exist. */
  create(tables: readonly string[]): Promise<void>
  /** The tables whose names begin so, sorted. */
  names(prefix: string): Promise<readonly string[]>
  /** Deletes a table with all its rows, if there is one. */
  drop(table: string): Promise<void>
}
