import { afterAll } from 'vitest'
import { serveTablesStub } from '../../../bench/tables/tablesStub.ts'
import { relyingPartiesTable } from '../../../lib/authority/adopt/parties.ts'
import { openTables } from '../../../lib/store/openTables.ts'
import { describeTables } from '../../lib/store/contract.ts'

const stub = await serveTablesStub()

afterAll(() => stub[Symbol.asyncDispose]())

describeTables('of the stub', async () => {
  const tables = openTables({ kind: 'connectionString', connectionString: stub.connectionString })
  await tables.create(['tenants', 'authorities', relyingPartiesTable])
  return tables
})
