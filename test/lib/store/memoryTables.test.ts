import { relyingPartiesTable } from '../../../lib/authority/adopt/parties.ts'
import { memoryTables } from '../../memoryTables.ts'
import { describeTables } from './contract.ts'

describeTables('in memory', async () => {
  const tables = memoryTables()
  await tables.create(['tenants', 'authorities', relyingPartiesTable])
  return tables
})
