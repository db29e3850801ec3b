import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Limits of Kestrel that the Functions host leaves as they are: octets of the request line, and headers. */
const requestLineLimit = 8192
const headersLimit = 100

/** The host reads header values as Latin-1 where they are no UTF-8, and fails on those that are. */
const refusedValue = ({ rawHeaders }: IncomingMessage): number | undefined => {
  const value = rawHeaders.find((text) => /[\x80-\xff]/.test(text))
  if (value === undefined) return undefined
  return isUtf8(Buffer.from(value, 'latin1')) ? 500 : 400
}

/** The status that Azure's host answers with, bare, before it looks for a function; undefined where it does look. */
export const refusedByHost = (request: IncomingMessage): number | undefined => {
  const { method = '', url = '', httpVersion, httpVersionMajor, rawHeaders } = request
  if (httpVersionMajor !== 1) return 505
  if (`${method} ${url} HTTP/${httpVersion}\r\n`.length > requestLineLimit) return 414
  if (rawHeaders.length > 2 * headersLimit) return 431
  if (httpVersion === '1.0' && request.headers.host === undefined) return 500
  return refusedValue(request)
}

/** Where a request goes. */
export interface RequestTarget {
  /** As the function sees it; its path is normalized and still encoded. */
  readonly url: URL
  /** Decoded, except for encoded slashes. */
  readonly path: string
}

/** A registered name or IPv4 address, or an IPv6 address in brackets; an optional port. */
const hostHeader = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i

/** A path and query in visible ASCII, behind scheme and authority or not (RFC 9112 sections 3.2.1 and 3.2.2). */
const target = /^(?:https?:\/\/[^/?#]+)?(\/[!-~]*)$/i

/**
 * Decodes the path of a URL once, as UTF-8. An encoded slash stays encoded, as the host leaves it, so that it never
 * separates segments; and so does all of a path whose encoding is broken.
 * @returns undefined for a path with a NUL.
 */
const decodePath = (pathname: string): string | undefined => {
  try {
    const path = decodeURIComponent(pathname.replaceAll(/%(?=2f)/gi, '%25'))
    return path.includes('\0') ? undefined : path
  } catch {
    return pathname
  }
}

const countHosts = ({ rawHeaders }: IncomingMessage): number =>
  rawHeaders.reduce((sum, name, index) => sum + Number(index % 2 === 0 && /^host$/i.test(name)), 0)

/**
 * Reads where a request goes, from its target and its Host header.
 * @returns undefined where the host answers 400: no or two Host headers, a target that is not a path, a NUL.
 */
export const parseRequestTarget = (
  scheme: 'http' | 'https',
  request: IncomingMessage,
): RequestTarget | undefined => {
  const { host = '' } = request.headers
  if (countHosts(request) !== 1 || !hostHeader.test(host)) return undefined
  const [, path] = target.exec(request.url ?? '') ?? []
  if (path === undefined) return undefined
  // URL would read a backslash as a slash, and end the path at a number sign; the host does neither.
  const url = URL.parse(`${scheme}://${host}${path.replaceAll('\\', '%5C').replaceAll('#', '%23')}`)
  const decoded = url ? decodePath(url.pathname) : undefined
  return url === null || decoded === undefined ? undefined : { url, path: decoded }
}

/** Bounds how much of a body that nobody takes is read and thrown away, so that the client gets to read the answer. */
const drainLimitBytes = 16 * 1024 * 1024
const drainMilliseconds = 5_000

/** The request must survive a loop that ends early: the answer goes over the same connection. */
const chunksOf = (request: IncomingMessage): AsyncIterable<Buffer> =>
  request.iterator({ destroyOnReturn: false })

const drain = async (request: IncomingMessage): Promise<void> => {
  let left = drainLimitBytes
  try {
    for await (const chunk of chunksOf(request)) {
      left -= chunk.length
      if (left < 0) return
    }
  } catch {
    // The client went away, which ends the need to drain.
  }
}

const drainForAWhile = (request: IncomingMessage): Promise<unknown> =>
  Promise.race([drain(request), sleep(drainMilliseconds, undefined, { ref: false })])

const noBody = Buffer.alloc(0)

/**
 * Reads the whole body. The real host drops one whose length was not declared (its issue 4926): the function sees an
 * empty body, and the header that says so.
 */
export const readBody = async (
  request: IncomingMessage,
  limitBytes: number,
): Promise<Buffer | 'too large' | 'cut off'> => {
  const declared = request.headers['content-length']
  if (Number(declared ?? 0) > limitBytes) return 'too large'
  if (declared === undefined) {
    // Nothing follows a head that announces no body, RFC 9112 section 6.3: no time need be kept for it.
    if (request.headers['transfer-encoding'] !== undefined) await drainForAWhile(request)
    return noBody
  }
  const chunks: Buffer[] = []
  try {
    for await (const chunk of chunksOf(request)) chunks.push(chunk)
  } catch {
    return 'cut off'
  }
  return Buffer.concat(chunks)
}

/**
 * Answers a body over the limit as the real host does, with a bare 500 and the end of the connection; but first reads on
 * for a while: closing at once would reset it unread.
 */
export const refuseBody = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  response.writeHead(500, { connection: 'close', 'content-length': 0 }).flushHeaders()
  await drainForAWhile(request)
  response.end()
}
