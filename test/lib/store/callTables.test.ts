import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openTables } from '../../../lib/store/openTables.ts'
import type { NewRow, Tables } from '../../../lib/store/tables.ts'
import { azuriteConnectionString } from '../../../local/azurite.ts'
import { testAccount } from '../../azurite.ts'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The tables of whoever gives the same answer to everything. */
const tablesThatSay = async ({ status, headers, body }: Answer): Promise<Tables> => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  const connectionString = azuriteConnectionString(address.port, testAccount(0))
  return openTables({ kind: 'connectionString', connectionString })
}

const table = 'tenants'
const row: NewRow = { partition: 'contoso', row: 'current', values: { text: 'x' } }

const firstOf = async <T>(rows: AsyncIterable<T>): Promise<T | undefined> => {
  for await (const one of rows) return one
  return undefined
}

/** Every way of asking. */
const calls: Readonly<Record<string, (tables: Tables) => Promise<unknown>>> = {
  get: (tables) => tables.get(table, row),
  list: (tables) => tables.list(table, row.partition),
  find: (tables) => tables.find(table, { property: 'text', value: 'x', limit: 1 }),
  scan: (tables) => firstOf(tables.scan(table, { partitions: { from: 'a', before: 'z' } })),
  insert: (tables) => tables.insert(table, row),
  remove: (tables) => tables.remove(table, row),
  transact: (tables) => tables.transact(table, [{ kind: 'insert', row }]),
  create: (tables) => tables.create([table]),
  names: (tables) => tables.names('t'),
  drop: (tables) => tables.drop(table),
}

const html = { 'content-type': 'text/html' }
const json = { 'content-type': 'application/json' }
const ofTables = { 'x-ms-version': '2019-02-02' }
const canary = 'alice@contoso.example'

const answers: Readonly<Record<string, Answer>> = {
  'a page': { status: 200, headers: html, body: '<html>Sign in</html>' },
  'a page that the service itself shows': { status: 200, headers: { ...ofTables, ...html }, body: '<html>' },
  nothing: { status: 200, headers: {}, body: '' },
  'JSON of a stranger': { status: 200, headers: json, body: '{}' },
  'a row of a stranger': { status: 201, headers: json, body: '{}' },
  "a stranger's yes": { status: 204, headers: {}, body: '' },
  'a way elsewhere': { status: 302, headers: { location: 'https://sign-in.example/' }, body: '' },
  'a way that the service itself shows': { status: 302, headers: { ...ofTables, location: '/' }, body: '' },
  'half a row': { status: 200, headers: { ...ofTables, ...json }, body: `{"value":[{"upn":"${canary}"` },
}

describe('tables in whose place somebody answers with success', () => {
  for (const [what, answer] of Object.entries(answers)) {
    it.each(Object.entries(calls))(`are no tables for %s: ${what}`, async (_, call) => {
      const tables = await tablesThatSay(answer)
      await expect(call(tables)).toRefuse('tables-unavailable')
    })
  }

  it('are told of in a log without what was answered, which may be half a row', async () => {
    const half = answers['half a row']
    if (!half) throw new Error('The case is gone.')
    const error: unknown = await (
      await tablesThatSay(half)
    )
      .list(table, row.partition)
      .catch((thrown) => thrown)
    expect(String((error as Error).cause)).toBe('Error: The answer cannot be read.')
    expect(JSON.stringify([error, (error as Error).message])).not.toContain(canary)
  })
})
