import { once } from 'node:events'
import { connect } from 'node:net'
import { proxyTo } from './exchange.ts'
import { placeOf } from './openTunnel.ts'
import { shakeHands } from './shakeHands.ts'
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
const openTls = (reaching: Reaching): Promise<void> => {
  const { url } = reaching
  return shakeHands({ ...reaching, proxy: proxyTo(url) }, (socket, failure) => {
    if (failure !== undefined) throw unreachable(url.origin, failure, socket)
  })
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
