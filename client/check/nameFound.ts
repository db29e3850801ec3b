import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { placeOf } from '../openTunnel.ts'
import type { Way } from '../proxyFor.ts'
import { type Found, ok, problem } from './finding.ts'

/**
 * Checks whether the name of a service leads to an address.
 * @param find looks a name up, as programs here do.
 */
export const nameFound = async (
  { hostname }: URL,
  way: Way,
  find: (host: string) => Promise<readonly { readonly address: string }[]> = (host) =>
    lookup(host, { all: true }),
): Promise<Found> => {
  if (way.kind === 'proxy') return ok('looked up by the proxy')
  const { host } = placeOf(new URL(`https://${hostname}`))
  if (isIP(host) !== 0) return ok('an address, which nobody has to look up')
  try {
    const found = await find(host)
    return ok(found.map(({ address }) => address).join(', '))
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOTFOUND')
      return problem(
        `no name server knows ${host} (ENOTFOUND)`,
        'Check the URL for a slip; a name that is known inside of a network alone needs that network, or its name server.',
      )
    return problem(
      `no name server answers about ${host} (${code})`,
      'Connect this machine to a network, and see which name server it asks.',
    )
  }
}
