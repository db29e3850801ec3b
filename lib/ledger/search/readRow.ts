import type { StoredRow } from '../../store/tables.ts'

/** Follows a search. */
export interface SearchWatcher {
  /** The reading of a table begins. */
  readonly onTable?: (table: string) => void
  /** A row was read, wanted or not. */
  readonly onRow?: () => void
  /** A row cannot be understood, and is left out. */
  readonly onUnreadable: (table: string, row: StoredRow) => void
}

/** The values that these columns must have; those that are undefined may have any. */
export type ColumnValues = Readonly<Record<string, string | undefined>>

/** The columns that a search asks the tables for. */
export const wantedColumns = (columns: ColumnValues): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(columns).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

/** One row as `read` understands it; undefined, and told, when it does not: the others are read all the same. */
export const readRow = <T>(
  table: string,
  row: StoredRow,
  { read, watcher }: { readonly read: (row: StoredRow) => T; readonly watcher: SearchWatcher },
): T | undefined => {
  watcher.onRow?.()
  try {
    return read(row)
  } catch {
    watcher.onUnreadable(table, row)
    return undefined
  }
}

/** A time that a row must have: without it the row belongs to no period. */
export const datedAt = (time: Date): Date => {
  if (!Number.isNaN(time.getTime())) return time
  throw new Error('A row has no time.')
}
