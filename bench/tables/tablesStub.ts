import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from '../../local/freePort.ts'
import {
  type BatchedAnswer,
  type BatchedRequest,
  changesetType,
  encodeChangeset,
  parseChangeset,
} from './parseChangeset.ts'
import { parseFilter } from './parseFilter.ts'
import {
  type Entity,
  type EntityKey,
  type EntityWrite,
  type Failure,
  isFailure,
  openTableRows,
  type StoredEntity,
  type TableRows,
} from './tableRows.ts'

/** A stand-in for the tables of an account, in this process. */
export interface TablesStub extends AsyncDisposable {
  /** Of the account. */
  readonly url: string
  /** Opens it with a key that is not looked at. */
  readonly connectionString: string
  /** For rows without a request each. */
  readonly rows: TableRows
  /** Milliseconds by which answers come later than they could. */
  delayMilliseconds: number
  /** How many requests were answered. */
  requests: number
}

const json = 'application/json;odata=minimalmetadata;streaming=true;charset=utf-8'

const failed = ({ status, code }: Failure): BatchedAnswer => ({
  status,
  headers: { 'content-type': json },
  body: JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: code } } }),
})

const unreadable = failed({ status: 400, code: 'InvalidInput' })

const found = (body: object, headers: Readonly<Record<string, string>> = {}): BatchedAnswer => ({
  status: 200,
  headers: { 'content-type': json, ...headers },
  body: JSON.stringify(body),
})

const done = (headers: Readonly<Record<string, string>> = {}): BatchedAnswer => ({
  status: 204,
  headers,
  body: '',
})

const shown = ({ entity, etag }: StoredEntity) => ({
  'odata.etag': etag,
  ...entity,
  Timestamp: '2026-01-01T00:00:00.0000000Z',
})

/** `/account/table`, `/account/table(keys)`, `/account/Tables('name')` */
const pathForm = /^\/\w+\/(\w+)(?:\((.*)\))?$/s
const keysForm = /^PartitionKey='((?:[^']|'')*)',RowKey='((?:[^']|'')*)'$/s

interface Target {
  readonly table: string
  readonly key: EntityKey | undefined
  readonly name: string | undefined
  readonly query: URLSearchParams
}

const unquoted = (quoted = '') => quoted.replaceAll("''", "'")

const targetOf = (target: string): Target | undefined => {
  const { pathname, searchParams: query } = new URL(target, 'http://stub')
  const [, table, inner] = pathForm.exec(decodeURIComponent(pathname)) ?? []
  if (table === undefined) return undefined
  const [, partition, row] = keysForm.exec(inner ?? '') ?? []
  const key = partition === undefined ? undefined : { partition: unquoted(partition), row: unquoted(row) }
  return { table, key, name: /^'(\w+)'$/.exec(inner ?? '')?.[1], query }
}

const entityFrom = (body: string): Entity => JSON.parse(body) as Entity

const writeOf = (
  { method, headers, body }: BatchedRequest,
  key: EntityKey | undefined,
): EntityWrite | undefined => {
  const etag = headers['if-match'] ?? '*'
  if (method === 'DELETE' && key) return { kind: 'remove', key, etag }
  if (method === 'PUT' && key) return { kind: 'replace', key, entity: entityFrom(body), etag }
  if (method !== 'POST') return undefined
  const entity = entityFrom(body)
  const [partition, row] = [String(entity['PartitionKey']), String(entity['RowKey'])]
  return { kind: 'insert', key: { partition, row }, entity }
}

const answerWrites = (
  rows: TableRows,
  table: string,
  writes: readonly EntityWrite[],
): readonly BatchedAnswer[] => {
  const written = rows.write(table, writes)
  if (isFailure(written)) return [failed(written)]
  return written.map((etag) => done(etag === '' ? {} : { ETag: etag }))
}

const answerBatch = (rows: TableRows, body: string): BatchedAnswer => {
  const requests = parseChangeset(body) ?? []
  const targets = requests.map(({ target }) => targetOf(target))
  const writes = requests.map((request, index) => writeOf(request, targets[index]?.key))
  const [table] = targets.map((target) => target?.table)
  if (table === undefined || !writes.every((write) => write !== undefined)) return unreadable
  const answers = answerWrites(rows, table, writes)
  return { status: 202, headers: { 'content-type': changesetType }, body: encodeChangeset(answers) }
}

const pageRows = 1_000

/** Where the next page begins, in the headers of a page and the query of the next. */
const encodeContinuation = ({ partition, row }: EntityKey) => ({
  'x-ms-continuation-NextPartitionKey': Buffer.from(partition).toString('base64url'),
  'x-ms-continuation-NextRowKey': Buffer.from(row).toString('base64url'),
})

const isFrom =
  (query: URLSearchParams) =>
  ({ partition, row }: EntityKey): boolean => {
    const [nextPartition, nextRow] = ['NextPartitionKey', 'NextRowKey'].map((name) =>
      Buffer.from(query.get(name) ?? '', 'base64url').toString(),
    )
    return partition > (nextPartition ?? '') || (partition === nextPartition && row >= (nextRow ?? ''))
  }

const answerQuery = (rows: TableRows, { table, query }: Target): BatchedAnswer => {
  const filter = parseFilter(query.get('$filter') ?? '')
  if (!filter) return unreadable
  const selected = rows.select(table, filter)
  if (isFailure(selected)) return failed(selected)
  const from = query.has('NextPartitionKey') ? selected.filter(isFrom(query)) : selected
  const next = from[pageRows]
  return found({ value: from.slice(0, pageRows).map(shown) }, next ? encodeContinuation(next) : {})
}

const answerTables = (
  rows: TableRows,
  { method, body }: BatchedRequest,
  { name, query }: Target,
): BatchedAnswer => {
  if (method === 'GET') {
    const filter = parseFilter(query.get('$filter') ?? '')
    if (!filter) return unreadable
    const names = rows.tableNames().filter((TableName) => filter.matches(() => TableName))
    return found({ value: names.map((TableName) => ({ TableName })) })
  }
  const named = name ?? String(entityFrom(body)['TableName'])
  const failure = method === 'DELETE' ? rows.dropTable(named) : rows.createTable(named)
  return failure ? failed(failure) : done()
}

const answerOf = (rows: TableRows, request: BatchedRequest): BatchedAnswer => {
  if (request.target.endsWith('/$batch')) return answerBatch(rows, request.body)
  const target = targetOf(request.target)
  if (!target) return unreadable
  const { table, key } = target
  if (table === 'Tables') return answerTables(rows, request, target)
  if (request.method === 'GET') {
    if (!key) return answerQuery(rows, target)
    const row = rows.get(table, key)
    return isFailure(row) ? failed(row) : found(shown(row), { ETag: row.etag })
  }
  const write = writeOf(request, key)
  return (write && answerWrites(rows, table, [write])[0]) ?? unreadable
}

const send = (response: ServerResponse, { status, headers, body }: BatchedAnswer): void => {
  response.writeHead(status, { 'x-ms-version': '2019-02-02', ...headers })
  response.end(body)
}

/** Serves the part of the protocol of Azure Tables that `lib/store` uses, on loopback and to whoever asks. */
export const serveTablesStub = async (): Promise<TablesStub> => {
  const rows = openTableRows()
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: target = '', headers } = request
    const body = await text(request)
    const answer = answerOf(rows, { method, target, headers: headers as BatchedRequest['headers'], body })
    if (stub.delayMilliseconds > 0) await sleep(stub.delayMilliseconds)
    stub.requests += 1
    send(response, answer)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  // The SDK keeps connections for as long as it likes.
  server.keepAliveTimeout = 0
  const listening = await listen(server, 0)
  const url = `http://127.0.0.1:${listening.port}/stub`
  const stub: TablesStub = {
    url,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=stub;AccountKey=c3R1Yg==;TableEndpoint=${url}`,
    rows,
    delayMilliseconds: 0,
    requests: 0,
    [Symbol.asyncDispose]() {
      server.closeAllConnections()
      return listening.close()
    },
  }
  return stub
}
