import { createServer, request as forward, type RequestListener } from 'node:http'
import { once } from 'node:events'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { azuriteConnectionString } from '../../../local/azurite.ts'
import { freePort } from '../../../local/freePort.ts'
import { openTables, type TablesOptions } from '../../../lib/store/openTables.ts'
import type { RowKey, Tables } from '../../../lib/store/tables.ts'
import { azuritePort, testAccount, testConnectionString, testTables } from '../../azurite.ts'
import { calls, describeTables, newRow, table, two } from './contract.ts'

let tables: Tables

beforeAll(async () => {
  tables = await testTables()
})

const stored = async (key: RowKey) => {
  const row = await tables.get(table, key)
  if (!row) throw new Error('The row is absent.')
  return row
}

/** The tables of a service that answers as it is told. */
const tablesOf = async (
  listener: RequestListener,
  account = azuriteConnectionString(1, testAccount(0)),
  options: TablesOptions = {},
): Promise<Tables> => {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  const connectionString = account.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${address.port}`)
  return openTables({ kind: 'connectionString', connectionString }, options)
}

/** Passes requests on to Azurite. */
const passingOn = ({ isFirstLost = false } = {}): RequestListener => {
  let isLost = isFirstLost
  return (request, response) => {
    const { method, url, headers } = request
    const passed = forward(
      { host: '127.0.0.1', port: azuritePort(), method, path: url, headers },
      (reply) => {
        if (isLost) request.socket.destroy()
        else reply.pipe(response.writeHead(reply.statusCode ?? 500, reply.headers))
        isLost = false
      },
    )
    request.pipe(passed)
  }
}

/** Counts the timers of 5 s, and lets them end sooner. */
const countFiveSeconds = (sooner: number): (() => number) => {
  const later = setTimeout
  let count = 0
  const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation((callback, milliseconds) => {
    if (milliseconds === 5_000) count += 1
    return later(callback, milliseconds === 5_000 ? sooner : milliseconds)
  })
  onTestFinished(() => spy.mockRestore())
  return () => count
}

describeTables('of Azurite', () => testTables())

describe('tables are unavailable and nothing is absent', () => {
  it.each([...calls, ['create()', (opened: Tables) => opened.create(['tenants'])] as const])(
    'for %s when nobody listens',
    async (_, call) => {
      const opened = openTables({
        kind: 'connectionString',
        connectionString: azuriteConnectionString(await freePort(), testAccount(0)),
      })
      await expect(call(opened, table)).toRefuse('tables-unavailable', /ECONNREFUSED|REQUEST_SEND_ERROR/)
    },
  )

  it.each([401, 403, 408, 429, 500, 503])('when the service answers with status %i', async (status) => {
    const opened = await tablesOf((_, response) =>
      response.writeHead(status, { 'retry-after-ms': '1' }).end(),
    )
    await expect(opened.get(table, newRow())).toRefuse('tables-unavailable')
  })

  it.each(['CredentialUnavailableError', 'AuthenticationError'])(
    'when the credential throws %s',
    async (name) => {
      const getToken = () => Promise.reject(Object.assign(new Error('no identity here'), { name }))
      const endpoint = 'https://tables.example'
      const opened = openTables({ kind: 'endpoint', endpoint, credential: { getToken } })
      await expect(opened.get(table, newRow())).toRefuse('tables-unavailable', new RegExp(name))
    },
  )

  it('for a table that is just being deleted, which drop() takes for dropped', async () => {
    const code = 'TableBeingDeleted'
    const opened = await tablesOf((_, response) =>
      response
        .writeHead(409, { 'content-type': 'application/json', 'x-ms-version': '2019-02-02' })
        .end(JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: code } } })),
    )
    await expect(opened.create(['ledger20260302'])).toRefuse('tables-unavailable', /TableBeingDeleted/)
    await expect(opened.drop('ledger20260302')).resolves.toBeUndefined()
  })

  it('when a 404 does not say that the row is absent', async () => {
    const opened = await tablesOf((_, response) => response.writeHead(404).end('<html>'))
    await expect(opened.get(table, newRow())).toRefuse('tables-unavailable')
  })

  it('when the service does not answer in 5 s', async () => {
    const times = countFiveSeconds(50)
    const opened = await tablesOf(() => undefined)
    await expect(opened.get(table, newRow())).toRefuse('tables-unavailable')
    await expect(opened.list(table, 'p')).toRefuse('tables-unavailable')
    await expect(opened.insert(table, newRow())).toRefuse('tables-unavailable')
    const scanned = opened.scan(table, { partitions: { from: 'a', before: 'z' } })
    await expect(Array.fromAsync(scanned)).toRefuse('tables-unavailable')
    expect(times()).toBe(4)
  })

  it('when the request that asks ends meanwhile', async () => {
    const ending = new AbortController()
    const options = { timeoutMilliseconds: 600_000 }
    const opened = await tablesOf(() => ending.abort(), testConnectionString(), options)
    await expect(opened.insert(table, newRow(), ending.signal)).toRefuse('tables-unavailable', /AbortError/)
  })

  it('with a Retry-After and the cause, but without the row in the detail', async () => {
    const refused = await tables
      .insert('ledger20000101', newRow({ secret: 'canary' }))
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({
      status: 503,
      options: { retryAfterSeconds: 5, cause: expect.anything() },
    })
    expect(String(refused)).not.toContain('canary')
  })
})

/** Passes requests on to Azurite and loses the first reply. */
const losingFirstReply = (): RequestListener => passingOn({ isFirstLost: true })

describe('a write whose reply was lost', () => {
  it('is told by insert() as a row that exists, and is there', async () => {
    const row = newRow()
    const opened = await tablesOf(losingFirstReply(), testConnectionString())
    expect(await opened.insert(table, row)).toBe(false)
    expect((await stored(row)).values).toEqual(row.values)
  })

  it('is told by transact() as a condition that failed, and is there', async () => {
    const [one, other] = two()
    const opened = await tablesOf(losingFirstReply(), testConnectionString())
    const writes = [one, other].map((row) => ({ kind: 'insert', row }) as const)
    expect(await opened.transact(table, writes)).toBe(false)
    expect((await stored(other)).values).toEqual(other.values)
  })
})

describe('openTables()', () => {
  it('sends one write as a request of its own: a batch is sent to the account, not to the table', async () => {
    const urls: string[] = []
    const passOn = passingOn()
    const opened = await tablesOf((request, response) => {
      urls.push(`${request.method} ${decodeURIComponent(request.url ?? '').replace(/\?.*/, '')}`)
      passOn(request, response)
    }, testConnectionString())
    const row = newRow()
    expect(await opened.transact(table, [{ kind: 'insert', row }])).toBe(true)
    expect(await opened.transact(table, [{ kind: 'insert', row }])).toBe(false)
    const { etag } = await stored(row)
    const replace = { kind: 'replace', row: { ...row, values: { text: 'new' } }, etag } as const
    expect(await opened.transact(table, [replace])).toBe(true)
    expect((await stored(row)).values).toEqual({ text: 'new' })
    expect(await opened.transact(table, [replace])).toBe(false)
    expect(await opened.transact(table, [{ kind: 'remove', row }])).toBe(true)
    expect(await opened.transact(table, [{ kind: 'remove', row }])).toBe(false)
    expect(await opened.transact(table, [replace])).toBe(false)
    expect(urls).toHaveLength(7)
    for (const url of urls) expect(url).toMatch(/^(POST|PUT|DELETE) \/\w+\/tenants(\(|$)/)
  })

  it('keeps its connection for the calls that follow', async () => {
    const connections = new Set<unknown>()
    const passOn = passingOn()
    const opened = await tablesOf((request, response) => {
      connections.add(request.socket)
      passOn(request, response)
    }, testConnectionString())
    for (let i = 0; i < 3; i++) await opened.insert(table, newRow())
    expect(await opened.get(table, newRow())).toBeUndefined()
    expect(connections.size).toBe(1)
  })

  it('gives each table that it creates a time of its own', async () => {
    const times = countFiveSeconds(5_000)
    const opened = await tablesOf((_, response) =>
      response.writeHead(204, { 'x-ms-version': '2019-02-02' }).end(),
    )
    await opened.create(['tenants', 'ledger20260302', 'ledger20260303'])
    expect(times()).toBe(3)
  })

  it('sends nothing before the first call', async () => {
    let requests = 0
    await tablesOf((_, response) => {
      requests += 1
      response.end()
    })
    expect(requests).toBe(0)
  })

  it('passes a request that the service cannot read on as our own defect', async () => {
    const opened = await tablesOf((_, response) => response.writeHead(400).end())
    await expect(opened.get(table, newRow())).rejects.toMatchObject({ name: 'RestError', statusCode: 400 })
  })
})
