import { Refusal } from '../../errors/refusal.ts'
import type { Tables } from '../../store/tables.ts'
import { type Entry, entryFromRow, entryValues } from './entry.ts'
import type { LedgerKey } from './ledgerKey.ts'

/** The record of issuance: one row a token, written once and never changed. */
export interface Ledger {
  /** @returns what the token bought; undefined when it is unspent. @throws {Refusal} `tables-unavailable` */
  lookUp(row: LedgerKey, signal?: AbortSignal): Promise<Entry | undefined>
  /**
   * Records an issuance unless the token was spent meanwhile. When the tables do not tell whether the row was written,
   * they are asked for it once.
   * @returns what the ledger holds: the entry given, or the one that was first.
   * @throws {Refusal} `tables-unavailable`: the entry may be recorded all the same, a retry tells.
   */
  record(row: LedgerKey, entry: Entry, signal?: AbortSignal): Promise<Entry>
}

const isOutage = (error: unknown): boolean => error instanceof Refusal && error.code === 'tables-unavailable'

/** Keeps the ledger in daily tables. */
export const ledgerOf = (tables: Tables): Ledger => {
  const lookUp: Ledger['lookUp'] = async ({ table, ...key }, signal) => {
    const row = await tables.get(table, key, signal)
    return row && entryFromRow(row)
  }
  /** @returns why it is not known to be written, if it is not. */
  const insert = async (...[{ table, ...key }, entry, signal]: Parameters<Ledger['record']>) => {
    try {
      const isWritten = await tables.insert(table, { ...key, values: entryValues(entry) }, signal)
      return isWritten ? undefined : new Error('Its row exists.')
    } catch (error) {
      if (isOutage(error)) return error
      throw error
    }
  }
  return {
    lookUp,
    async record(row, entry, signal) {
      const doubt = await insert(row, entry, signal)
      if (doubt === undefined) return entry
      const first = await lookUp(row, signal)
      if (first) return first
      throw new Refusal(
        'tables-unavailable',
        'Cannot record the certificate: the tables do not show its row.',
        { cause: doubt, retryAfterSeconds: 5 },
      )
    },
  }
}
