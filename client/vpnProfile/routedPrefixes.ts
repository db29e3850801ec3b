import { addressOf, type IpAddress } from '../../lib/text/ipAddress.ts'
import { comparePrefixes, type IpPrefix, overlapWith, printPrefix } from '../../lib/text/ipPrefix.ts'
import type { Destination, VpnProfile, VpnTunnel } from './vpnProfile.ts'
import { privatePrefixes } from './wholeFamilies.ts'

/** What names and lists came to when they were last asked for, and what the device has. */
export interface Resolved {
  /** Addresses by host. */
  readonly names: ReadonlyMap<string, readonly IpAddress[]>
  /** Networks by what the file calls the list. */
  readonly lists: ReadonlyMap<string, readonly IpPrefix[]>
  /** Whether the device reaches IPv6 without the tunnel: an exclusion of IPv6 breaks the tunnel where it does not. */
  readonly hasIpv6Gateway: boolean
}

/** Where a prefix came from that leads nowhere, and why in words that follow it. */
export interface RefusedPrefix {
  /** The name, or the list as the file calls it. */
  readonly source: string
  readonly prefix: IpPrefix
  readonly why: string
}

/** Routes of a tunnel as addresses: each once, IPv4 first, in the order of their values. */
export interface RoutedPrefixes {
  readonly routes: readonly IpPrefix[]
  readonly exclusions: readonly IpPrefix[]
  /** What names and lists came to and was not taken: whoever answers for them must not steer the tunnel. */
  readonly refused: readonly RefusedPrefix[]
  /** Exclusions of IPv6 that are left out, for the device has no gateway of IPv6. */
  readonly withoutGateway: readonly IpPrefix[]
}

type Service = Pick<VpnProfile, 'service'>

const alone = (address: IpAddress): IpPrefix => ({ address, bits: 32 * address.length })

/** Tells what the service is called by, which stays outside of every tunnel. */
export const serviceDestination = ({ service }: Service): Destination => {
  const host = new URL(service).hostname.replace(/^\[|\]$/g, '')
  const address = addressOf(host)
  return address ? { kind: 'prefix', prefix: alone(address) } : { kind: 'host', host: host.toLowerCase() }
}

const hostsOf = (destinations: readonly Destination[]): readonly string[] =>
  destinations.flatMap((one) => (one.kind === 'host' ? [one.host] : []))

/** Lists the names that have to be resolved for a tunnel, each once. */
export const namesOf = (profile: Service, { routes, exclusions }: VpnTunnel): readonly string[] => [
  ...new Set(hostsOf([...routes, ...exclusions, serviceDestination(profile)])),
]

/** Lists the names of servers, to which no name may lead a route. */
export const guardedNamesOf = ({ routes, servers }: VpnTunnel): readonly string[] =>
  hostsOf(routes).length === 0 ? [] : servers.map(({ host }) => host)

/** Keeps each prefix once, by value. */
const each = (prefixes: readonly IpPrefix[]): readonly IpPrefix[] =>
  [...new Map(prefixes.map((prefix) => [printPrefix(prefix), prefix])).values()].toSorted(comparePrefixes)

/** What a tunnel is there for by its file alone, of all traffic private addresses, and the DNS servers that are asked through it. */
const ownPrefixes = ({ routing, routes, nameRules }: VpnTunnel): readonly IpPrefix[] => [
  ...(routing === 'full' ? privatePrefixes : prefixesIn(routes)),
  ...nameRules.flatMap(({ servers }) => servers.flatMap((one) => alone(addressOf(one) ?? []))),
]

const prefixesIn = (destinations: readonly Destination[]): readonly IpPrefix[] =>
  destinations.flatMap((one) => (one.kind === 'prefix' ? [one.prefix] : []))

/** A prefix that somebody else than the file names. */
type Sourced = Omit<RefusedPrefix, 'why'>

const namedBy = (hosts: readonly string[], { names }: Resolved): readonly Sourced[] =>
  hosts.flatMap((source) => (names.get(source) ?? []).map((one) => ({ source, prefix: alone(one) })))

const listedBy = ({ exclusionLists }: VpnTunnel, { lists }: Resolved): readonly Sourced[] =>
  exclusionLists.flatMap(({ name: source }) =>
    (lists.get(source) ?? []).map((prefix) => ({ source, prefix })),
  )

interface Judged {
  readonly taken: readonly IpPrefix[]
  readonly refused: readonly RefusedPrefix[]
}

/** Takes what nothing speaks against. @param against words of what does, undefined for nothing. */
const judge = (all: readonly Sourced[], against: (prefix: IpPrefix) => string | undefined): Judged => {
  const judged = all.map((one) => ({ ...one, why: against(one.prefix) }))
  return {
    taken: judged.flatMap(({ prefix, why }) => (why === undefined ? [prefix] : [])),
    refused: judged.flatMap(({ why, ...one }) => (why === undefined ? [] : [{ ...one, why }])),
  }
}

const among = (prefixes: readonly IpPrefix[]): ((prefix: IpPrefix) => boolean) => {
  const texts = new Set(prefixes.map(printPrefix))
  return (prefix) => texts.has(printPrefix(prefix))
}

const inside = 'is of what the tunnel is for'

/**
 * Turns the destinations of a tunnel into addresses. What the file excludes is no route. Of what names and lists say, what the
 * tunnel is for stays in it, and the service and the servers stay outside: a route to them would be a loop.
 */
export const routedPrefixes = (profile: Service, tunnel: VpnTunnel, resolved: Resolved): RoutedPrefixes => {
  const isOwn = overlapWith(ownPrefixes(tunnel))
  const ownWords = (prefix: IpPrefix) => (isOwn(prefix) ? inside : undefined)
  const service = serviceDestination(profile)
  const services = judge(namedBy(hostsOf([service]), resolved), ownWords)
  const isServer = among(namedBy(guardedNamesOf(tunnel), resolved).map(({ prefix }) => prefix))
  const said = prefixesIn([...tunnel.exclusions, service])
  const [isService, isSaid] = [among(services.taken), among(said)]
  const routes = judge(namedBy(hostsOf(tunnel.routes), resolved), (prefix) => {
    if (isServer(prefix)) return 'is a server of the tunnel itself'
    if (isService(prefix)) return 'is the service, which stays outside'
    return isSaid(prefix) ? 'is what the file excludes' : undefined
  })
  const isRoute = among(routes.taken)
  const foreign = [...namedBy(hostsOf(tunnel.exclusions), resolved), ...listedBy(tunnel, resolved)]
  const outside = judge(foreign, (prefix) =>
    isRoute(prefix) ? 'is what a route leads to' : ownWords(prefix),
  )
  const exclusions = each([...said, ...services.taken, ...outside.taken])
  const isExcluded = among(exclusions)
  const isLeftOut = ({ address }: IpPrefix) => address.length > 1 && !resolved.hasIpv6Gateway
  return {
    routes: each([...prefixesIn(tunnel.routes), ...routes.taken]).filter((one) => !isExcluded(one)),
    exclusions: exclusions.filter((one) => !isLeftOut(one)),
    refused: [...services.refused, ...routes.refused, ...outside.refused],
    withoutGateway: exclusions.filter(isLeftOut),
  }
}
