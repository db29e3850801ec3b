import { createServer, request as forward, type RequestListener } from 'node:http'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { azuriteConnectionString } from '../../../local/azurite.ts'
import { freePort } from '../../../local/freePort.ts'
import { openTables } from '../../../lib/store/openTables.ts'
import type { PartitionPart, Tables, Value } from '../../../lib/store/tables.ts'
import { testAccount, testConnectionString, testTables } from '../../azurite.ts'

let tables: Tables

beforeAll(async () => {
  tables = await testTables()
})

const table = 'tenants'
const newRow = (values: Readonly<Record<string, Value>> = { text: 'x' }, partition = `p${randomUUID()}`) => ({
  partition,
  row: 'row',
  values,
})

const stored = async (key: { partition: string; row: string }) => {
  const row = await tables.get(table, key)
  if (!row) throw new Error('The row is absent.')
  return row
}

/** The tables of a service that answers as it is told. */
const tablesOf = async (
  listener: RequestListener,
  account = azuriteConnectionString(1, testAccount(0)),
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
  return openTables({ kind: 'connectionString', connectionString })
}

/** Passes requests on to Azurite. */
const passingOn = ({ isFirstLost = false } = {}): RequestListener => {
  let isLost = isFirstLost
  return (request, response) => {
    const { method, url, headers } = request
    const passed = forward(
      { host: '127.0.0.1', port: inject('azuritePort'), method, path: url, headers },
      (reply) => {
        if (isLost) request.socket.destroy()
        else reply.pipe(response.writeHead(reply.statusCode ?? 500, reply.headers))
        isLost = false
      },
    )
    request.pipe(passed)
  }
}

describe('tables', () => {
  it('get() gives a row as it was inserted', async () => {
    const values = { text: "ä \u{1f510} 'quoted'", empty: '', number: 1.5, whole: 42, yes: true, no: false }
    const row = newRow(values)
    expect(await tables.insert(table, row)).toBe(true)
    expect(await tables.get(table, row)).toEqual({ ...row, etag: expect.stringContaining('W/') })
  })

  it('get() gives octets back as they were, up to 64 KiB', async () => {
    const octets = Uint8Array.from({ length: 256 }, (_, index) => index)
    const row = newRow({ octets, none: new Uint8Array(), many: new Uint8Array(64 * 1024).fill(0xa5) })
    await tables.insert(table, row)
    const { values } = await stored(row)
    expect(values['octets']).toBeInstanceOf(Uint8Array)
    expect(Buffer.from(octets).equals(Buffer.from(toOctets(values['octets'])))).toBe(true)
    expect(toOctets(values['none'])).toHaveLength(0)
    expect(toOctets(values['many'])).toHaveLength(64 * 1024)
  })

  it('get() gives undefined for a row that is absent', async () => {
    expect(await tables.get(table, { partition: 'nobody', row: 'nothing' })).toBeUndefined()
  })

  it('insert() tells that the key exists, and leaves the row alone', async () => {
    const row = newRow({ text: 'first' })
    expect(await tables.insert(table, row)).toBe(true)
    expect(await tables.insert(table, { ...row, values: { text: 'second' } })).toBe(false)
    expect((await stored(row)).values).toEqual({ text: 'first' })
  })

  it('insert() inserts one of many racing rows', async () => {
    const row = newRow()
    const results = await Promise.all(Array.from({ length: 20 }, () => tables.insert(table, row)))
    expect(results.filter(Boolean)).toHaveLength(1)
  })

  it('insert() fails on a row that is too large, which is our own mistake', async () => {
    const tooLong = newRow({ text: 'x'.repeat(33_000) })
    await expect(tables.insert(table, tooLong)).rejects.toThrow(/PropertyValueTooLarge|too large|exceed/i)
  })

  it('list() gives the rows of a partition in the order of their keys, and no others', async () => {
    const partition = `p'${randomUUID()}`
    for (const row of ['b', 'a~2', 'a~1', 'C']) await tables.insert(table, { partition, row, values: {} })
    await tables.insert(table, { partition: `${partition}x`, row: 'a', values: {} })
    expect((await tables.list(table, partition)).map(({ row }) => row)).toEqual(['C', 'a~1', 'a~2', 'b'])
    expect(await tables.list(table, 'nobody')).toEqual([])
  })

  it('list() gives a part of a partition, or all but a part', async () => {
    const partition = `p'${randomUUID()}`
    const rows = ['a', "m'", "m'1", "m'2~", "m'~", 'n']
    for (const row of rows) await tables.insert(table, { partition, row, values: {} })
    await tables.insert(table, { partition: `${partition}x`, row: "m'1", values: {} })
    const range = { from: "m'", before: "m'~" }
    const listed = async (part: PartitionPart) =>
      (await tables.list(table, partition, part)).map(({ row }) => row)
    expect(await listed({ only: range })).toEqual(["m'", "m'1", "m'2~"])
    expect(await listed({ except: range })).toEqual(['a', "m'~", 'n'])
  })

  it('find() gives rows of any partition by a property, up to the limit', async () => {
    const mark = `it's ${randomUUID()}`
    for (let index = 0; index < 4; index++) await tables.insert(table, newRow({ mark }))
    await tables.insert(table, newRow({ mark: 'other' }))
    const found = (limit: number) => tables.find(table, { property: 'mark', value: mark, limit })
    expect(await found(10)).toHaveLength(4)
    expect(await found(3)).toHaveLength(3)
    expect(await tables.find(table, { property: 'mark', value: "x' or mark ne '", limit: 10 })).toEqual([])
  })

  it('create() leaves tables that exist alone', async () => {
    const row = newRow()
    await tables.insert(table, row)
    await tables.create([table, 'authorities'])
    expect(await tables.get(table, row)).toBeDefined()
  })
})

const toOctets = (value: Value | undefined): Uint8Array => {
  if (value instanceof Uint8Array) return value
  throw new TypeError('The value is not octets.')
}

/** Two rows of one new partition. */
const two = () => {
  const partition = `p${randomUUID()}`
  return [
    { partition, row: 'one', values: { text: '1' } },
    { partition, row: 'two', values: { text: '2' } },
  ] as const
}

describe('transact()', () => {
  it('does all writes', async () => {
    const [one, other] = two()
    expect(
      await tables.transact(table, [
        { kind: 'insert', row: one },
        { kind: 'insert', row: other },
      ]),
    ).toBe(true)
    const { etag } = await stored(one)
    const replaced = { ...one, values: { other: 'new' } }
    expect(await tables.transact(table, [{ kind: 'replace', row: replaced, etag }])).toBe(true)
    expect((await stored(one)).values).toEqual({ other: 'new' })
  })

  it('does nothing when a row to insert exists', async () => {
    const [one, other] = two()
    await tables.insert(table, other)
    expect(
      await tables.transact(table, [
        { kind: 'insert', row: one },
        { kind: 'insert', row: other },
      ]),
    ).toBe(false)
    expect(await tables.get(table, one)).toBeUndefined()
  })

  it('does nothing when somebody wrote a row since', async () => {
    const [one, other] = two()
    await tables.insert(table, one)
    const { etag } = await stored(one)
    const replace = { kind: 'replace', row: { ...one, values: { text: 'mine' } }, etag } as const
    expect(await tables.transact(table, [{ ...replace, row: { ...one, values: { text: 'theirs' } } }])).toBe(
      true,
    )
    expect(await tables.transact(table, [{ kind: 'insert', row: other }, replace])).toBe(false)
    expect(await tables.get(table, other)).toBeUndefined()
    expect((await stored(one)).values).toEqual({ text: 'theirs' })
  })

  it('does nothing when a row to replace is absent', async () => {
    const [one, other] = two()
    await tables.insert(table, one)
    const { etag } = await stored(one)
    expect(
      await tables.transact(table, [
        { kind: 'insert', row: { ...one, row: 'three' } },
        { kind: 'replace', row: other, etag },
      ]),
    ).toBe(false)
    expect(await tables.get(table, { ...one, row: 'three' })).toBeUndefined()
  })

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

  it('lets one of many racing transactions win', async () => {
    const [one, other] = two()
    await tables.insert(table, one)
    const { etag } = await stored(one)
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        tables.transact(table, [
          { kind: 'replace', row: { ...one, values: { winner: index } }, etag },
          { kind: 'insert', row: { ...other, values: { winner: index } } },
        ]),
      ),
    )
    expect(results.filter(Boolean)).toHaveLength(1)
    const winner = results.indexOf(true)
    expect([(await stored(one)).values['winner'], (await stored(other)).values['winner']]).toEqual([
      winner,
      winner,
    ])
  })
})

describe('tables are unavailable and nothing is absent', () => {
  const calls: readonly (readonly [string, (tables: Tables, name: string) => Promise<unknown>])[] = [
    ['get()', (opened, name) => opened.get(name, { partition: 'p', row: 'r' })],
    ['list()', (opened, name) => opened.list(name, 'p')],
    ['find()', (opened, name) => opened.find(name, { property: 'state', value: 'x', limit: 1 })],
    ['insert()', (opened, name) => opened.insert(name, newRow())],
    ['transact()', (opened, name) => opened.transact(name, [{ kind: 'insert', row: newRow() }])],
  ]

  it.each(calls)('for %s of a table that does not exist', (_, call) =>
    expect(call(tables, 'ledger20000101')).toRefuse('tables-unavailable', /TableNotFound/),
  )

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
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout(50))
    onTestFinished(() => spy.mockRestore())
    const opened = await tablesOf(() => undefined)
    await expect(opened.get(table, newRow())).toRefuse('tables-unavailable')
    await expect(opened.list(table, 'p')).toRefuse('tables-unavailable')
    await expect(opened.insert(table, newRow())).toRefuse('tables-unavailable')
    expect(spy).toHaveBeenCalledWith(5_000)
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
