import { once } from 'node:events'
import { connect } from 'node:net'
import { placeOf } from '../openTunnel.ts'
import type { Way } from '../proxyFor.ts'
import { type Found, ok, problem } from './finding.ts'

const timeoutMilliseconds = 8_000

const connectFaults: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ECONNREFUSED: [
    'refuses connections',
    'Check the port of the URL; else the service is down, or a firewall refuses in its place.',
  ],
  ENETUNREACH: ['cannot be reached: there is no way to its network', 'Connect this machine to a network.'],
  EHOSTUNREACH: ['cannot be reached: there is no way to it', 'Connect this machine to the right network.'],
}

/** Checks whether a service takes connections. */
export const connectionFound = async (url: URL, way: Way): Promise<Found> => {
  if (way.kind === 'proxy') return ok('made by the proxy')
  const place = placeOf(url)
  const socket = connect(place)
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMilliseconds) })
    return ok(`${socket.remoteAddress} takes connections at port ${place.port}`)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const [what, remedy] = connectFaults[code] ?? [
      'does not answer',
      'A firewall may drop what goes there: have whoever runs the network permit it.',
    ]
    return problem(`${url.hostname} ${what} at port ${place.port} (${code})`, remedy)
  } finally {
    socket.destroy()
  }
}
