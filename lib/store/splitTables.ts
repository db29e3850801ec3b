import type { Tables } from './tables.ts'

/** The tables of two storage accounts. */
export interface SplitTables {
  /** Tenants, authorities and relying parties. */
  readonly configuration: Tables
  /** Ledger and refusals: whoever may add to one of the daily tables may add to every table of its account. */
  readonly records: Tables
}

/** Names of daily tables begin so. */
const isRecord = (name: string): boolean => /^(?:ledger|refusals)/.test(name)

/** Makes one of two: each table is in the account that its name tells. */
export const splitTables = ({ configuration, records }: SplitTables): Tables => {
  const homeOf = (table: string): Tables => (isRecord(table) ? records : configuration)
  return {
    get: (table, key, signal) => homeOf(table).get(table, key, signal),
    list: (table, partition, part) => homeOf(table).list(table, partition, part),
    find: (table, where) => homeOf(table).find(table, where),
    insert: (table, row, signal) => homeOf(table).insert(table, row, signal),
    remove: (table, key) => homeOf(table).remove(table, key),
    transact: (table, writes, signal) => homeOf(table).transact(table, writes, signal),
    scan: (table, what) => homeOf(table).scan(table, what),
    create: async (tables) => {
      await configuration.create(tables.filter((table) => !isRecord(table)))
      await records.create(tables.filter((table) => isRecord(table)))
    },
    names: async (prefix) => {
      if (isRecord(prefix)) return records.names(prefix)
      // A shorter prefix, such as none at all, may begin names in both.
      const [fixed, daily] = await Promise.all([configuration.names(prefix), records.names(prefix)])
      return [...fixed.filter((name) => !isRecord(name)), ...daily.filter(isRecord)].toSorted()
    },
    drop: (table) => homeOf(table).drop(table),
  }
}
