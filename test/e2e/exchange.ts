import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** A request, sent as it stands here: fetch() would join or drop header lines. */
export interface Sent {
  readonly method?: string
  /** Path and query. */
  readonly path: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array
}

/** An answer, with everything that it tells. */
export interface Answer {
  readonly status: number
  /** Names and values, a line each. */
  readonly head: string
  readonly body: Buffer
  /** `ok`, the code of the problem document, or empty. */
  readonly code: string
}

const codeOf = (status: number, body: Buffer): string =>
  status < 400 ? 'ok' : (/urn:mayfly:problem:([a-z-]+)/.exec(body.toString())?.[1] ?? '')

/** Sends a request to a service. */
export const exchange = (url: string, sent: Sent): Promise<Answer> => {
  const { method = 'GET', path, headers = [], body = '' } = sent
  const octets = Buffer.from(body)
  const isChunked = headers.some(([name]) => name === 'transfer-encoding')
  const framing = isChunked ? [] : [['content-length', String(octets.length)]]
  const lines = [['host', new URL(url).host], ...headers, ...framing]
  return new Promise((resolve, reject) => {
    const options = { method, path, headers: lines.flat(), agent: false }
    const outgoing = request(url, options, (response) => {
      const { statusCode: status = 0, statusMessage, rawHeaders } = response
      const head = [statusMessage, ...rawHeaders].join('\n')
      buffer(response).then(
        (read) => resolve({ status, head, body: read, code: codeOf(status, read) }),
        reject,
      )
    })
    outgoing.once('error', reject).end(octets)
  })
}
