import { Refusal } from '../../errors/refusal.ts'
import type { Tables } from '../../store/tables.ts'
import { type Entry, entryFromRow, entryValues } from './entry.ts'
import { type LedgerToken, ledgerKey } from './ledgerKey.ts'

/** The record of issuance: one row a token, written once and never changed. */
export interface Ledger {
  /** @returns what the token bought; undefined when it is unspent. @throws {Refusal} `tables-unavailable` */
  lookUp(token: LedgerToken): Promise<Entry | undefined>
  /**
   * Records an issuance unless the token was spent meanwhile. When the tables do not tell whether the row was written,
   * they are asked for it once.
   * @returns what the ledger holds: the entry given, or the one that was first.
   * @throws {Refusal} `tables-unavailable`: the entry may be recorded all the same, a retry tells.
   */
  record(token: LedgerToken, entry: Entry): Promise<Entry>
}

const isOutage = (error: unknown): boolean => error instanceof Refusal && error.code === 'tables-unavailable'

/** Keeps the ledger in daily tables. */
export const ledgerOf = (tables: Tables): Ledger => {
  const lookUp = async (token: LedgerToken): Promise<Entry | undefined> => {
    const { table, ...key } = ledgerKey(token)
    const row = await tables.get(table, key)
    return row && entryFromRow(row)
  }
  /** @returns why it is not known to be written, if it is not. */
  const insert = async (token: LedgerToken, entry: Entry): Promise<unknown> => {
    const { table, ...key } = ledgerKey(token)
    try {
      const isWritten = await tables.insert(table, { ...key, values: entryValues(entry) })
      return isWritten ? undefined : new Error('Its row exists.')
    } catch (error) {
      if (isOutage(error)) return error
      throw error
    }
  }
  return {
    lookUp,
    async record(token, entry) {
      const doubt = await insert(token, entry)
      if (doubt === undefined) return entry
      const first = await lookUp(token)
      if (first) return first
      throw new Refusal(
        'tables-unavailable',
        'Cannot record the certificate: the tables do not show its row.',
        { cause: doubt, retryAfterSeconds: 5 },
      )
    },
  }
}
