import { Refusal } from '../../lib/errors/refusal.ts'
import { openTunnel } from '../openTunnel.ts'
import type { Way } from '../proxyFor.ts'
import { type Found, ok, problem } from './finding.ts'

const timeoutMilliseconds = 8_000

const words: Readonly<Record<Extract<Way, { kind: 'direct' }>['why'], string>> = {
  loopback: 'none: the service is on this machine',
  unset: 'none: neither HTTPS_PROXY nor ALL_PROXY is set',
  exempt: 'none: NO_PROXY exempts the service',
}

/** Goes to the service through the proxy, as far as the first octet that would be for the service. */
const tunnelFound = async (
  url: URL,
  { proxy, variable }: Extract<Way, { kind: 'proxy' }>,
): Promise<Found> => {
  try {
    const socket = await openTunnel(url, proxy, AbortSignal.timeout(timeoutMilliseconds))
    socket.destroy()
    return ok(`${proxy.host}, which ${variable} names, leads to the service`)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return problem(
      `${error.detail.replace(/\.$/, '')} (${variable} names it)`,
      `See that the proxy of ${variable} runs, and lets this machine connect to ${url.host}; where no proxy is needed for that, name ${url.hostname} in NO_PROXY.`,
    )
  }
}

/** Tells which proxy is used for a service, by which variable, and whether it leads there. */
export const proxyFound = async (url: URL, findWay: () => Promise<Way>): Promise<Found> => {
  try {
    const way = await findWay()
    return way.kind === 'direct' ? ok(words[way.why]) : await tunnelFound(url, way)
  } catch (error) {
    if (error instanceof Refusal) return problem(error.detail, 'Correct it: http://HOST:PORT.')
    throw error
  }
}
