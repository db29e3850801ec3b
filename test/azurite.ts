import { expect, inject } from 'vitest'
import { type AzuriteAccount, azuriteConnectionString } from '../local/azurite.ts'
import { relyingPartiesTable } from '../lib/authority/adopt/parties.ts'
import { openTables } from '../lib/store/openTables.ts'
import type { Tables } from '../lib/store/tables.ts'
import { dailyTablesAhead } from '../lib/ledger/record/ledgerKey.ts'

declare module 'vitest' {
  interface ProvidedContext {
    azuritePort: number
    /** Every test file, in order: its place is the number of its account. */
    testFiles: readonly string[]
  }
}

/** One account a test file, so that files that run at the same time share no table. */
export const testAccounts = Array.from({ length: 1_000 }, (_, index) => ({
  name: `mayflytest${index}`,
  key: Buffer.from(`key of account ${index}`).toString('base64'),
}))

/** One of the accounts; a negative index counts from the end, where no test file has its own. */
export const testAccount = (index: number): AzuriteAccount => {
  const account = testAccounts.at(index % testAccounts.length)
  if (!account) throw new Error(`There is no test account ${index}.`)
  return account
}

/** The connection string of this test file's own account of the Azurite that runs for the tests. */
export const testConnectionString = (): string => {
  const index = inject('testFiles').indexOf(expect.getState().testPath ?? '')
  if (index < 0) throw new Error('This is no test file that Azurite was started with an account for.')
  return azuriteConnectionString(inject('azuritePort'), testAccount(index))
}

/** Opens this test file's own tables, created where they are missing, ledgers from two days ago to two days ahead. */
export const testTables = async (now = new Date()): Promise<Tables> => {
  const tables = openTables({ kind: 'connectionString', connectionString: testConnectionString() })
  const twoDaysAgo = new Date(now.getTime() - 2 * 86_400_000)
  const ledgers = dailyTablesAhead(twoDaysAgo, 4)
  await tables.create(['tenants', 'authorities', relyingPartiesTable, ...ledgers])
  return tables
}
