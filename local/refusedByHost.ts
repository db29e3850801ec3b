import type { IncomingMessage } from 'node:http'

/** Limits of Kestrel that the Functions host leaves as they are: octets of the request line, and headers. */
const requestLineLimit = 8192
const headersLimit = 100

const isUtf8 = (octets: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(octets)
    return true
  } catch {
    return false
  }
}

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
