import { inject } from 'vitest'
import { azuriteConnectionString } from '../../../local/azurite.ts'
import { openTables } from '../../../lib/store/openTables.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { testAccount } from '../../azurite.ts'

/** The connection string of an account that no test file has: negative indexes count from the end. */
export const accountConnectionString = (index: number): string =>
  azuriteConnectionString(inject('azuritePort'), testAccount(index))

/** An account of one test alone, without tables: what drops tables must find those of nobody else. */
export const emptyTables = async (index: number): Promise<Tables> => {
  const connectionString = accountConnectionString(index)
  const tables = openTables({ kind: 'connectionString', connectionString })
  for (const name of await tables.names('')) await tables.drop(name)
  return tables
}

const day = 86_400_000

/** Both daily tables of some days, counted from a time's day on. */
export const dailyTables = (from: Date, firstDay: number, lastDay: number): readonly string[] =>
  Array.from({ length: lastDay - firstDay + 1 }, (_, index) =>
    new Date(from.getTime() + (firstDay + index) * day).toISOString().slice(0, 10).replaceAll('-', ''),
  ).flatMap((date) => [`ledger${date}`, `refusals${date}`])
