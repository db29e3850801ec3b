import { relyingPartiesTable } from '../authority/adopt/parties.ts'
import { dailyTablesAhead } from '../ledger/record/ledgerKey.ts'
import { housekeepingDaysAhead } from '../ledger/days/retention.ts'
import type { Tables } from '../store/tables.ts'

/** Creates the tables that a deployment needs from now on, where they are missing. @throws {Refusal} `tables-unavailable` */
export const prepareTables = (tables: Tables, now: Date): Promise<void> =>
  tables.create([
    'tenants',
    'authorities',
    relyingPartiesTable,
    ...dailyTablesAhead(now, housekeepingDaysAhead),
  ])
