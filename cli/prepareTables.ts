import { relyingPartiesTable } from '../lib/authority/relyingParties.ts'
import { ledgerTablesAhead } from '../lib/ledger/ledgerKey.ts'
import type { Tables } from '../lib/store/tables.ts'

/** How many days of ledger tables are there before they are needed. */
const ledgerDaysAhead = 14

/** Creates the tables that a deployment needs from now on, where they are missing. @throws {Refusal} `tables-unavailable` */
export const prepareTables = (tables: Tables, now: Date): Promise<void> =>
  tables.create(['tenants', 'authorities', relyingPartiesTable, ...ledgerTablesAhead(now, ledgerDaysAhead)])
