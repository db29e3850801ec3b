import { relyingPartiesTable } from '../../lib/authority/adopt/parties.ts'
import { dailyTablesAhead } from '../../lib/ledger/record/ledgerKey.ts'
import { housekeepingDaysAhead } from '../../lib/ledger/days/retention.ts'
import type { Tables } from '../../lib/store/tables.ts'

/** Creates the tables that a deployment needs from now on, where they are missing. @throws {Refusal} `tables-unavailable` */
export const prepareTables = (tables: Tables, now: Date): Promise<void> =>
  tables.create([
    'tenants',
    'authorities',
    relyingPartiesTable,
    ...dailyTablesAhead(now, housekeepingDaysAhead),
  ])
