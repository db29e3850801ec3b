import { addressOf, compareAddresses, type IpAddress } from '../../lib/text/ipAddress.ts'
import { containsPrefix, firstOf, type IpPrefix, prefixOf, printPrefix } from '../../lib/text/ipPrefix.ts'
import type { Destination, VpnProfile, VpnTunnel } from './vpnProfile.ts'

/** The addresses of names, as they were last resolved. */
export type ResolvedNames = ReadonlyMap<string, readonly IpAddress[]>

/** Routes of a tunnel as addresses: each once, IPv4 first, in the order of their values. */
export interface RoutedPrefixes {
  readonly routes: readonly IpPrefix[]
  readonly exclusions: readonly IpPrefix[]
  /** Addresses that names to exclude resolve to, within what the tunnel is there for: whoever answers for names must not steer it. */
  readonly refused: readonly { readonly host: string; readonly address: IpAddress }[]
}

const alone = (address: IpAddress): IpPrefix => ({ address, bits: 32 * address.length })

const serviceDestination = (service: string): Destination => {
  const host = new URL(service).hostname.replace(/^\[|\]$/g, '')
  const address = addressOf(host)
  return address ? { kind: 'prefix', prefix: alone(address) } : { kind: 'host', host: host.toLowerCase() }
}

/** What stays outside of a tunnel: what the file says, and the service, to which a renewal in the tunnel would come from a trusted address. */
export const excludedDestinations = (
  { service }: Pick<VpnProfile, 'service'>,
  { exclusions }: VpnTunnel,
): readonly Destination[] => [...exclusions, serviceDestination(service)]

/** Lists the names that have to be resolved for a tunnel, each once. */
export const namesOf = (profile: Pick<VpnProfile, 'service'>, tunnel: VpnTunnel): readonly string[] => [
  ...new Set(
    [...tunnel.routes, ...excludedDestinations(profile, tunnel)].flatMap((one) =>
      one.kind === 'host' ? [one.host] : [],
    ),
  ),
]

const byValue = (one: IpPrefix, other: IpPrefix): number =>
  one.address.length - other.address.length ||
  compareAddresses(firstOf(one), firstOf(other)) ||
  one.bits - other.bits

const prefixesOf = (destinations: readonly Destination[], resolved: ResolvedNames): readonly IpPrefix[] => {
  const prefixes = destinations.flatMap((one) =>
    one.kind === 'prefix' ? [one.prefix] : (resolved.get(one.host) ?? []).map(alone),
  )
  return [...new Map(prefixes.map((prefix) => [printPrefix(prefix), prefix])).values()].toSorted(byValue)
}

/** Private addresses (RFC 1918, RFC 4193), for which a tunnel of all traffic is there. */
const privatePrefixes = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].flatMap(
  (cidr) => prefixOf(cidr) ?? [],
)

const ownPrefixes = ({ routing, routes }: VpnTunnel): readonly IpPrefix[] =>
  routing === 'full'
    ? privatePrefixes
    : routes.flatMap((route) => (route.kind === 'prefix' ? [route.prefix] : []))

/** Turns the destinations of a tunnel into addresses. What is excluded is no route. */
export const routedPrefixes = (
  profile: Pick<VpnProfile, 'service'>,
  tunnel: VpnTunnel,
  resolved: ResolvedNames,
): RoutedPrefixes => {
  const own = ownPrefixes(tunnel)
  const isOwn = (address: IpAddress): boolean => own.some((one) => containsPrefix(one, alone(address)))
  const outside = excludedDestinations(profile, tunnel)
  const refused = outside.flatMap((one) =>
    one.kind === 'host'
      ? (resolved.get(one.host) ?? []).filter(isOwn).map((address) => ({ host: one.host, address }))
      : [],
  )
  const foreign = new Map([...resolved].map(([host, all]) => [host, all.filter((one) => !isOwn(one))]))
  const exclusions = prefixesOf(outside, foreign)
  const excluded = new Set(exclusions.map(printPrefix))
  const routes = prefixesOf(tunnel.routes, resolved).filter((prefix) => !excluded.has(printPrefix(prefix)))
  return { routes, exclusions, refused }
}
