import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestTarget } from './requestTarget.ts'
import type { ResolvedRoute } from './resolveRoute.ts'
import type { HttpReply, TriggerInput } from './programmingModel.ts'

/** A request and where it is answered. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** A request that a function takes, as it was read. */
export interface ReadRequest {
  readonly target: RequestTarget
  readonly resolved: ResolvedRoute
  readonly body: Buffer
}

/** Framing belongs to the server, whatever the function sets. */
const framingHeaders = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding'])

const toNullable = (entries: Iterable<readonly [string, string]>): object =>
  Object.fromEntries(Array.from(entries, ([name, value]) => [name, { value }]))

/** Writes the client's address as Azure's front end does. What the client says of it itself is dropped. */
const forwardedFor = ({ socket: { remoteAddress = '', remotePort } }: IncomingMessage): string =>
  remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`

/**
 * Joins the lines of a header field with commas; node's own `headers` drops a second Authorization header, which the
 * function must see to refuse it. The map has no prototype: `__proto__` is a name like any other.
 */
const toHeaders = (request: IncomingMessage): object => {
  const { rawHeaders } = request
  const headers = Object.create(null) as Record<string, { readonly value: string }>
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index]?.toLowerCase(), rawHeaders[index + 1]]
    const before = headers[name]
    headers[name] = { value: before === undefined ? value : `${before.value}, ${value}` }
  }
  headers['x-forwarded-for'] = { value: forwardedFor(request) }
  return headers
}

/** Joins repeated query parameters with commas, names without regard to case, as the host does. */
const groupQuery = (query: URLSearchParams): Iterable<readonly [string, string]> => {
  const grouped = new Map<string, readonly [string, string]>()
  for (const [name, value] of query) {
    const [firstName, values] = grouped.get(name.toLowerCase()) ?? []
    grouped.set(name.toLowerCase(), [firstName ?? name, values === undefined ? value : `${values},${value}`])
  }
  return grouped.values()
}

/** Converts a request into the input of the trigger it reaches. */
export const toTriggerInput = (
  request: IncomingMessage,
  { target: { url }, resolved: { route, parameters }, body }: ReadRequest,
): TriggerInput => {
  const http = {
    method: request.method,
    url: url.href,
    nullableHeaders: toHeaders(request),
    nullableQuery: url.search === '' ? {} : toNullable(groupQuery(url.searchParams)),
    nullableParams: toNullable(Object.entries(parameters)),
    ...(body.length > 0 ? { body: { bytes: body } } : {}),
  }
  return { name: route.bindingName, data: { http } }
}

/** Answers a request with the reply of a function; the last reply of a connection closes it. */
export const sendReply = (
  { request, response }: Exchange,
  { statusCode, headers, body }: HttpReply,
  isLast: boolean,
): void => {
  for (const [name, value] of Object.entries(headers ?? {})) {
    const describesGet = request.method === 'HEAD' && name === 'content-length'
    if (describesGet || !framingHeaders.has(name)) response.setHeader(name, value)
  }
  if (isLast) response.setHeader('connection', 'close')
  // Not writeHead(): with it, node does not know the length of the body yet and sends it in chunks.
  response.statusCode = Number(statusCode)
  response.end(body?.bytes)
}
