import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { azuriteConnectionString } from '../../../local/azurite.ts'
import { openTables } from '../../../lib/store/openTables.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { testAccount } from '../../azurite.ts'

/** Tables in whose place somebody gives the answer of a file to everything. */
const tablesThatAnswer = async (file: string): Promise<Tables> => {
  const answer = readFileSync(new URL(file, import.meta.url))
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  const connectionString = azuriteConnectionString(address.port, testAccount(0))
  return openTables({ kind: 'connectionString', connectionString })
}

const row = { partition: 'contoso~0', row: 'a~b', values: { certificate: Buffer.from('30', 'hex') } }

it('does not take a page for a list without rows', async () => {
  const tables = await tablesThatAnswer('page.http')
  await expect(tables.list('tenants', 'contoso')).toRefuse('tables-unavailable')
})

it('does not take the 204 of anybody for a row that is written', async () => {
  const tables = await tablesThatAnswer('no-content.http')
  await expect(tables.insert('ledger20260302', row)).toRefuse('tables-unavailable')
})
