import { expect, inject } from 'vitest'
import { type AzuriteAccount, azuriteConnectionString } from '../local/azurite.ts'
import type { Deployment } from '../lib/deployment/deployment.ts'
import { relyingPartiesTable } from '../lib/authority/adopt/parties.ts'
import { openTables } from '../lib/store/openTables.ts'
import type { Tables } from '../lib/store/tables.ts'
import { dailyTablesAhead } from '../lib/ledger/record/ledgerKey.ts'
import { memoryTables } from './memoryTables.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where Azurite listens, in the projects that have it. */
    azuritePort: number | undefined
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

/** Where Azurite listens, for test files of the project that has it. */
export const azuritePort = (): number => {
  const port = inject('azuritePort')
  if (port === undefined)
    throw new Error('This test file is not of the project in vitest.config.ts that has Azurite.')
  return port
}

const hasAzurite = (): boolean => inject('azuritePort') !== undefined

/** The connection string of this test file's own tables; those in memory go by one that nobody listens at. */
export const testConnectionString = (): string => {
  if (!hasAzurite()) return azuriteConnectionString(1, testAccount(0))
  const index = inject('testFiles').indexOf(expect.getState().testPath ?? '')
  if (index < 0) throw new Error('This is no test file that Azurite was started with an account for.')
  return azuriteConnectionString(azuritePort(), testAccount(index))
}

let inMemory: { readonly testPath: string | undefined; readonly tables: Tables } | undefined

/** The tables in memory of this test file: those of the last one are forgotten. */
const memoryOfFile = (): Tables => {
  const { testPath } = expect.getState()
  if (inMemory?.testPath !== testPath || !inMemory) inMemory = { testPath, tables: memoryTables() }
  return inMemory.tables
}

/** The tables at a place, if they are those in memory of this test file. */
export const tablesInMemory = (place: Deployment['tables']): Tables | undefined =>
  !hasAzurite() && 'connectionString' in place && place.connectionString === testConnectionString()
    ? memoryOfFile()
    : undefined

/** Opens this test file's own tables as they are. */
export const tablesOfFile = (): Tables =>
  tablesInMemory({ connectionString: testConnectionString() }) ??
  openTables({ kind: 'connectionString', connectionString: testConnectionString() })

/** Opens this test file's own tables, created where they are missing, ledgers from two days ago to two days ahead. */
export const testTables = async (now = new Date()): Promise<Tables> => {
  const tables = tablesOfFile()
  const twoDaysAgo = new Date(now.getTime() - 2 * 86_400_000)
  const ledgers = dailyTablesAhead(twoDaysAgo, 4)
  await tables.create(['tenants', 'authorities', relyingPartiesTable, ...ledgers])
  return tables
}
