import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect, TLSSocket } from 'node:tls'
import { proxyFor } from './proxyFor.ts'
import { openTunnel, placeOf, proxyCredentials, trustOf } from './openTunnel.ts'
import { unreachable } from './unreachable.ts'

/** One request over HTTP. */
export interface Exchange {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
  readonly timeoutMilliseconds: number
  /** The largest answer that is read. */
  readonly maxOctets: number
  /** Ends it before its time is over. */
  readonly signal?: AbortSignal | undefined
  /** Told when the headers of the answer are here. */
  readonly onHeaders?: () => void
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly content: Buffer
  /** Absent over plain http. */
  readonly tls: { readonly protocol: string; readonly notAfter: Date } | undefined
}

interface Options {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

const readOctets = async (response: IncomingMessage, maxOctets: number): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    octets += chunk.length
    if (octets > maxOctets) throw new Error(`the answer has more than ${maxOctets} octets`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tlsOf = (socket: unknown): Answer['tls'] => {
  if (!(socket instanceof TLSSocket)) return undefined
  return { protocol: socket.getProtocol() ?? '', notAfter: new Date(socket.getPeerCertificate().valid_to) }
}

/** Sends what a proxy takes for a plain server: the whole URL as the target (RFC 9112 section 3.2.2). */
const viaProxy = ({ url }: Exchange, proxy: URL, options: Options): ClientRequest => {
  const headers = { ...options.headers, host: url.host, ...proxyCredentials(proxy) }
  const send = proxy.protocol === 'https:' ? requestHttps : requestHttp
  return send({ ...options, ...placeOf(proxy), path: url.href, headers })
}

/** Sends over TLS, through a tunnel where a proxy is on the way. */
const viaTls = async ({ url, ca }: Exchange, proxy: URL | undefined, options: Options) => {
  if (!proxy) return requestHttps(url, { ...options, ...(ca === undefined ? {} : { ca }), agent: false })
  const socket = await openTunnel(url, proxy, options.signal)
  return requestHttps(url, {
    ...options,
    // Which an agent would know: without it the Host header names port 80.
    defaultPort: 443,
    createConnection: () => connect({ socket, ...trustOf(url, ca) }),
  })
}

/** Like the authorities that Node.js trusts, a proxy is a matter of the machine, not of the caller. @throws {Refusal} `usage-wrong` */
export const proxyTo = (url: URL): URL | undefined => proxyFor(url, process.env)

const begin = async (exchanged: Exchange, signal: AbortSignal): Promise<ClientRequest> => {
  const { url, method, headers, body } = exchanged
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const options = { method, headers: { ...headers, ...length }, signal }
  const proxy = proxyTo(url)
  if (url.protocol === 'https:') return viaTls(exchanged, proxy, options)
  return proxy ? viaProxy(exchanged, proxy, options) : requestHttp(url, { ...options, agent: false })
}

const answerTo = (request: ClientRequest, { url, body, maxOctets, onHeaders }: Exchange): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request.once('error', (error) => reject(unreachable(url.origin, error, request.socket)))
    request.once('response', (response) => {
      onHeaders?.()
      const tls = tlsOf(response.socket)
      const { statusCode: status = 0, headers } = response
      readOctets(response, maxOctets).then((content) => resolve({ status, headers, content, tls }), reject)
    })
    request.end(body)
  })

/**
 * Sends a request on a connection of its own, through the proxy that the environment names, and follows no redirect.
 * The certificate of a https server is verified.
 * @throws {Refusal} `service-unavailable`, `service-untrusted`, `service-not-reached` or `usage-wrong` for a proxy that
 *   cannot be one
 */
export const exchange = async (wanted: Exchange): Promise<Answer> => {
  const { signal, timeoutMilliseconds } = wanted
  const late = AbortSignal.timeout(timeoutMilliseconds)
  const ended = signal ? AbortSignal.any([signal, late]) : late
  try {
    return await answerTo(await begin(wanted, ended), wanted)
  } catch (error) {
    throw unreachable(wanted.url.origin, error)
  }
}
