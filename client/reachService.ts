import { once } from 'node:events'
import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { proxyTo } from './exchange.ts'
import { openTunnel, placeOf } from './openTunnel.ts'
import { unreachable } from './unreachable.ts'

const timeoutMilliseconds = 15_000

/** Where a service is, and how long somebody waits for it. */
export interface Reaching {
  readonly url: URL
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
  readonly signal: AbortSignal
}

/** Over TLS, which nobody between can pretend: the sign-in page of a network is no service. */
const openTls = async ({ url, ca, signal }: Reaching): Promise<void> => {
  const proxy = proxyTo(url)
  const { host, port } = placeOf(url)
  const through = proxy ? { socket: await openTunnel(url, proxy, signal) } : { host, port }
  const trust = ca === undefined ? {} : { ca }
  const socket = connectTls({ ...through, ...trust, servername: isIP(host) === 0 ? host : '', host })
  try {
    await once(socket, 'secureConnect', { signal })
  } catch (error) {
    throw unreachable(url.origin, error, socket)
  } finally {
    socket.destroy()
  }
}

const openPlain = async ({ url, signal }: Reaching): Promise<void> => {
  const socket = connect(placeOf(url))
  try {
    await once(socket, 'connect', { signal })
  } finally {
    socket.destroy()
  }
}

/**
 * Makes sure that a service can be reached: connects as a request would, and sends none. No function of the service
 * runs for it, and nothing of it is counted or billed.
 * @throws {Refusal} `service-unavailable`, `service-untrusted`, `service-not-reached`, as a request would be refused
 */
export const reachService = async (reaching: Reaching): Promise<void> => {
  const { url } = reaching
  const signal = AbortSignal.any([reaching.signal, AbortSignal.timeout(timeoutMilliseconds)])
  try {
    await (url.protocol === 'https:' ? openTls : openPlain)({ ...reaching, signal })
  } catch (error) {
    throw unreachable(url.origin, error)
  }
}
