import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { TLSSocket } from 'node:tls'
import { Refusal } from '../../lib/errors/refusal.ts'

const timeoutMilliseconds = 8_000
const maxOctets = 512 * 1024

/** One request without any credential. */
export interface Probe {
  readonly method?: string
  readonly body?: Uint8Array
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
}

/** What came back. */
export interface Probed {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The first 512 KiB. */
  readonly body: Buffer
  /** Half way between request and answer, by the clock of this machine; milliseconds. */
  readonly at: number
  /** Absent over plain http. */
  readonly tls: { readonly protocol: string; readonly notAfter: Date } | undefined
}

const readSome = async (response: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    octets += chunk.length
    if (octets > maxOctets) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tlsOf = (socket: unknown): Probed['tls'] => {
  if (!(socket instanceof TLSSocket)) return undefined
  return { protocol: socket.getProtocol() ?? '', notAfter: new Date(socket.getPeerCertificate().valid_to) }
}

const whyOf = (error: unknown): string => {
  const { code, name } = error as NodeJS.ErrnoException
  return code ?? name
}

/**
 * Sends a request on a connection of its own and follows no redirect. The certificate of a https server is verified.
 * @throws {Refusal} `service-unavailable` which names the error, such as `CERT_HAS_EXPIRED`.
 */
export const probe = async (
  url: URL,
  { method = 'GET', body, ca }: Probe,
  now: () => Date,
): Promise<Probed> => {
  const sentAt = now().getTime()
  const headers = body === undefined ? {} : { 'content-length': body.length }
  const options = { method, headers, agent: false, signal: AbortSignal.timeout(timeoutMilliseconds) }
  const exchange = new Promise<Probed>((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? requestHttps(url, ca === undefined ? options : { ...options, ca })
        : requestHttp(url, options)
    request.once('error', reject)
    request.once('response', (response) => {
      const at = (sentAt + now().getTime()) / 2
      const tls = tlsOf(response.socket)
      const { statusCode: status = 0, headers: answered } = response
      readSome(response).then((read) => resolve({ status, headers: answered, body: read, at, tls }), reject)
    })
    request.end(body)
  })
  try {
    return await exchange
  } catch (error) {
    throw new Refusal('service-unavailable', `Cannot reach ${url.origin}: ${whyOf(error)}.`, { cause: error })
  }
}

/** The media type of an answer, without parameters. */
export const mediaTypeOf = ({ headers }: Probed): string =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/** The JSON of an answer; undefined for anything else. */
export const jsonOf = ({ body }: Probed): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The stable code of a problem document of Mayfly's; undefined for any other answer. */
export const problemCodeOf = (probed: Probed): string | undefined => {
  if (mediaTypeOf(probed) !== 'application/problem+json') return undefined
  const { type } = (jsonOf(probed) ?? {}) as { readonly type?: unknown }
  return /^urn:mayfly:problem:([a-z-]+)$/.exec(String(type))?.[1]
}
