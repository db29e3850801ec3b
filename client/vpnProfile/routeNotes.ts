import { comparePrefixes, containsPrefix, type IpPrefix, printPrefix } from '../../lib/text/ipPrefix.ts'
import type { Destination, VpnTunnel } from './vpnProfile.ts'

interface Said {
  readonly member: 'routes' | 'exclusions'
  readonly prefix: IpPrefix
}

const saidIn = (member: Said['member'], destinations: readonly Destination[]): readonly Said[] =>
  destinations.flatMap((one) => (one.kind === 'prefix' ? [{ member, prefix: one.prefix }] : []))

/**
 * Tells which networks say nothing: the next wider one that is there is of the same list. It is no fault, for lists are put
 * together; a route within an exclusion within a route says something.
 */
export const routeNotes = ({ name, routes, exclusions }: VpnTunnel): readonly string[] => {
  const sorted = [...saidIn('routes', routes), ...saidIn('exclusions', exclusions)].toSorted((one, other) =>
    comparePrefixes(one.prefix, other.prefix),
  )
  const around: Said[] = []
  return sorted.flatMap((said) => {
    const wider = around.findLast(({ prefix }) => containsPrefix(prefix, said.prefix))
    around.splice(wider ? around.indexOf(wider) + 1 : 0, around.length, said)
    if (wider?.member !== said.member) return []
    return [
      `${name}: ${said.member} has ${printPrefix(said.prefix)}, which is within ${printPrefix(wider.prefix)} and says nothing.`,
    ]
  })
}
