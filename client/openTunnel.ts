import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { Refusal } from '../lib/errors/refusal.ts'
import { unreachable } from './unreachable.ts'

/** The header with which a proxy's URL authenticates to it (RFC 7617). */
export const proxyCredentials = ({ username, password }: URL): Readonly<Record<string, string>> => {
  if (username === '') return {}
  const userPass = [username, password].map(decodeURIComponent).join(':')
  return { 'proxy-authorization': `Basic ${Buffer.from(userPass).toString('base64')}` }
}

/** Where an agentless request finds a server. */
export const placeOf = ({ hostname, port, protocol }: URL) => ({
  host: hostname.replaceAll(/^\[|\]$/g, ''),
  port: Number(port || (protocol === 'https:' ? 443 : 80)),
})

/**
 * Whom TLS is to find behind a connection to the server of a URL.
 * @param ca PEM of the authorities to trust instead of the system's.
 */
export const trustOf = (url: URL, ca: string | undefined) => {
  const { host } = placeOf(url)
  // An address is no name that a server could be asked for (RFC 6066 section 3).
  return { host, servername: isIP(host) === 0 ? host : '', ...(ca === undefined ? {} : { ca }) }
}

const refusedBy = (proxy: URL, target: string, { statusCode: status = 0 }: IncomingMessage): Refusal => {
  const begin = `Cannot reach ${target}: the proxy ${proxy.host}`
  if (status === 407 && proxy.username === '')
    return new Refusal(
      'service-not-reached',
      `${begin} wants a user and a password (407): write them into its URL, http://USER:PASSWORD@HOST:PORT (only Basic is spoken).`,
    )
  if (status === 407)
    return new Refusal(
      'service-not-reached',
      `${begin} does not take the user and password of its URL (407).`,
    )
  // RFC 9110 section 15.6: the proxy could not get through now, and may later.
  const code = status >= 500 ? 'service-unavailable' : 'service-not-reached'
  return new Refusal(code, `${begin} answers ${status} instead of connecting.`)
}

/**
 * Connects to the server of a URL through a proxy (RFC 9110 section 9.3.6, CONNECT).
 * @returns the connection, on which nothing was sent to the server yet.
 * @throws {Refusal} `service-not-reached`, `service-unavailable` or `service-untrusted` which name the proxy
 */
export const openTunnel = (url: URL, proxy: URL, signal: AbortSignal): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const { host, port } = placeOf(url)
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`
    const request = (proxy.protocol === 'https:' ? requestHttps : requestHttp)({
      ...placeOf(proxy),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyCredentials(proxy) },
      agent: false,
      signal,
    })
    request.once('error', (error) => reject(unreachable(`the proxy ${proxy.host}`, error, request.socket)))
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(refusedBy(proxy, url.origin, response))
    })
    request.end()
  })
