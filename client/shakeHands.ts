import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { openTunnel, placeOf, trustOf } from './openTunnel.ts'

/** With whom a handshake is made, and how. */
export interface Handshake {
  readonly url: URL
  readonly proxy: URL | undefined
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
  readonly signal: AbortSignal
  /** Whether a certificate that is not trusted is seen as well; else the handshake fails with it. */
  readonly takesAny?: boolean
}

/**
 * Makes a TLS handshake with the server of a URL as a request would, and sends nothing after it.
 * @param look takes the connection, and why there is none; what it returns is kept, and the connection is not.
 * @throws {Refusal} `service-not-reached`, `service-unavailable` or `service-untrusted` which name the proxy
 */
export const shakeHands = async <T>(
  { url, proxy, ca, signal, takesAny = false }: Handshake,
  look: (socket: TLSSocket, failure: unknown) => T,
): Promise<T> => {
  const to = proxy ? { socket: await openTunnel(url, proxy, signal) } : { port: placeOf(url).port }
  const socket = connect({ ...to, ...trustOf(url, ca), rejectUnauthorized: !takesAny })
  try {
    const failure: unknown = await once(socket, 'secureConnect', { signal }).then(
      () => undefined,
      (error: unknown) => error,
    )
    return look(socket, failure)
  } finally {
    socket.destroy()
  }
}
