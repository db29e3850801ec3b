import { printPrefix } from '../../lib/text/ipPrefix.ts'
import type { Found } from '../agent/configurationFault.ts'
import { serviceDestination } from './routedPrefixes.ts'
import {
  type Destination,
  type TrafficFilter,
  type TunnelKind,
  tunnelKinds,
  type VpnProfile,
  type VpnTunnel,
} from './vpnProfile.ts'
import { wholeFamilies } from './wholeFamilies.ts'

/** How many names of all tunnels are resolved at the most, and routed to. */
const mostNames = 200

/** A fault of a tunnel: the member, and what follows in it. */
type TunnelFault = readonly [readonly PropertyKey[], string]

const textOf = (destination: Destination): string =>
  destination.kind === 'host' ? destination.host : printPrefix(destination.prefix)

/** Finds members of a list that say what one before them says; by value, not by spelling. */
const repeated = (member: PropertyKey, texts: readonly string[]): readonly TunnelFault[] =>
  texts.flatMap((text, index) => {
    const before = texts.indexOf(text)
    return before < index ? [[[member, index], `is ${text}, which stands there already`]] : []
  })

/** A tunnel of all traffic is one by its routing alone: whatever depends on that would take this for a split one. */
const wholeOf = ({ routes, exclusions }: VpnTunnel): readonly TunnelFault[] =>
  [
    ['routes', routes, 'say routing = "full"'] as const,
    ['exclusions', exclusions, 'nothing would be left in the tunnel'] as const,
  ].flatMap(([member, destinations, words]) => {
    const prefixes = destinations.flatMap((one) => (one.kind === 'prefix' ? [one.prefix] : []))
    return wholeFamilies(prefixes).map((family): TunnelFault => [
      [member],
      `together are all public addresses of ${family}: ${words}`,
    ])
  })

const routesOf = ({
  routing,
  routes,
  exclusions,
  exclusionLists,
  proxy,
}: VpnTunnel): readonly TunnelFault[] => {
  const included = routes.map(textOf)
  const excluded = exclusions.map(textOf)
  const both = excluded.flatMap((text, index): readonly TunnelFault[] =>
    included.includes(text) ? [[['exclusions', index], `is ${text}, which is among the routes too`]] : [],
  )
  const isFull = routing === 'full'
  return [
    ...repeated('routes', included),
    ...repeated('exclusions', excluded),
    ...repeated(
      'exclusion-lists',
      exclusionLists.map(({ name }) => name),
    ),
    ...both,
    ...(isFull && routes.length > 0
      ? [[['routes'], 'say nothing where all traffic is in the tunnel'] as const]
      : []),
    ...(!isFull && routes.length === 0
      ? [[['routes'], 'are missing: a split tunnel leads nowhere without them'] as const]
      : []),
    ...(proxy && !isFull ? [[['proxy'], 'has a meaning only with routing = "full"'] as const] : []),
  ]
}

/** A route to the service would be left out without a word. */
const serviceRoutes = (profile: VpnProfile, { routes }: VpnTunnel): readonly TunnelFault[] => {
  const service = textOf(serviceDestination(profile))
  return routes.flatMap((one, index): readonly TunnelFault[] =>
    textOf(one) === service ? [[['routes', index], 'is the service, which stays outside']] : [],
  )
}

const proxyOf = ({ proxy }: VpnTunnel): readonly TunnelFault[] => {
  if (!proxy) return []
  const { server, script, exceptions, bypassLocal } = proxy
  const isServer = server !== undefined
  return [
    ...(isServer === (script !== undefined)
      ? [[['proxy'], 'must have either a server or a script'] as const]
      : []),
    ...(!isServer && (exceptions.length > 0 || bypassLocal)
      ? [[['proxy'], 'has exceptions beside a script, which decides about them itself'] as const]
      : []),
  ]
}

/** The protocols that have ports: TCP and UDP. */
const withPorts = [6, 17]

const filterFaults = (filter: TrafficFilter): readonly string[] => {
  const { application, protocol, localPorts, remotePorts, localAddresses, remoteAddresses, routing } = filter
  const addresses = [...localAddresses, ...remoteAddresses]
  const ports = localPorts.length + remotePorts.length
  const isEmpty = application === undefined && protocol === undefined && ports + addresses.length === 0
  return [
    ...(isEmpty ? ['says nothing of the traffic that it lets through'] : []),
    ...(ports > 0 && !withPorts.includes(protocol ?? -1) ? ['has ports, which only tcp and udp have'] : []),
    ...(localAddresses.length > 0 && remoteAddresses.length > 0
      ? ['has addresses of both ends, of which Windows heeds the remote ones alone']
      : []),
    ...(addresses.some(({ address }) => address.length > 1)
      ? ['has an address of IPv6, which no source says that Windows takes in a filter']
      : []),
    ...(routing !== undefined && application === undefined
      ? ['has a routing, which is that of an application']
      : []),
  ]
}

const filtersOf = ({ filters }: VpnTunnel): readonly TunnelFault[] => [
  ...filters.flatMap((filter, index) =>
    filterFaults(filter).map((why): TunnelFault => [['filters', index], `"${filter.name}" ${why}`]),
  ),
  ...repeated(
    'filters',
    filters.map(({ name }) => name),
  ),
]

const deviceOf = (tunnel: VpnTunnel): readonly TunnelFault[] => {
  const { kind, routing, protocol, authentication, machinePurposes, nameRules, proxy, kerberos } = tunnel
  if (kind !== 'device')
    return machinePurposes.length > 0 ? [[['machine-purposes'], 'is of a device tunnel alone']] : []
  return [
    ...(routing === 'full'
      ? [[['routing'], 'must be "split": Windows has no device tunnel for all traffic'] as const]
      : []),
    ...(protocol === 'ikev2' ? [] : [[['protocol'], 'must be "ikev2" for a device tunnel'] as const]),
    ...(authentication === 'eap-tls'
      ? []
      : [[['authentication'], 'is of user tunnels alone: the machine shows its certificate'] as const]),
    ...(nameRules.length > 0 ? [[['dns'], 'is of user tunnels alone'] as const] : []),
    ...(proxy ? [[['proxy'], 'is of user tunnels alone'] as const] : []),
    ...(kerberos ? [[['kerberos'], 'is of user tunnels alone'] as const] : []),
  ]
}

const outageOf = ({ outageSeconds }: VpnTunnel, lifetimeSeconds: number): readonly TunnelFault[] => {
  if (outageSeconds > 0 && outageSeconds <= lifetimeSeconds) return []
  const given = outageSeconds === 0 ? '0, which is without end' : outageSeconds
  return [[['outage-seconds'], `is ${given}: it may not outlive a certificate (${lifetimeSeconds} s)`]]
}

const tunnelFaults = (tunnel: VpnTunnel, profile: VpnProfile): readonly TunnelFault[] => [
  ...(tunnel.kind === 'backup' && tunnel.alwaysOn
    ? [[['always-on'], 'must be false: people choose the backup'] as const]
    : []),
  ...routesOf(tunnel),
  ...serviceRoutes(profile, tunnel),
  ...wholeOf(tunnel),
  ...proxyOf(tunnel),
  ...filtersOf(tunnel),
  ...deviceOf(tunnel),
  ...(tunnel.kind === 'device' ? [] : outageOf(tunnel, profile.certificate.lifetimeSeconds)),
  ...repeated(
    'dns',
    tunnel.nameRules.map(({ name }) => name),
  ),
  ...repeated('suffixes', tunnel.suffixes),
  ...repeated(
    'servers',
    tunnel.servers.map(({ host }) => host),
  ),
  ...repeated(
    'trusted-networks',
    tunnel.trustedNetworks.map((name) => name.toLowerCase()),
  ),
]

const namedAlike = (tunnels: readonly VpnTunnel[]): readonly Found[] => {
  const names = tunnels.map(({ name }) => name.toLowerCase())
  return tunnels.flatMap(({ kind }, index) =>
    names.indexOf(names[index] ?? '') < index
      ? [{ members: ['tunnels', kind, 'name'], reason: 'is that of another tunnel' }]
      : [],
  )
}

/** A certificate of the tenant must never pass as the server: its issuers vouch for clients alone. */
const ownServer = ({ server, certificate }: VpnProfile): readonly Found[] =>
  server.roots.flatMap((root, index) =>
    certificate.issuers.includes(root)
      ? [
          {
            members: ['server', 'roots', index],
            reason: 'is an issuer of clients, which vouches for no server',
          },
        ]
      : [],
  )

const noRoot = ({ server }: VpnProfile): readonly Found[] =>
  server.roots.length === 0
    ? [{ members: ['server'], reason: 'has neither roots nor ca: the server could not be validated' }]
    : []

const noTunnel = ({ tunnels }: VpnProfile): readonly Found[] =>
  tunnels.length === 0 ? [{ members: ['tunnels'], reason: `has none of ${tunnelKinds.join(', ')}` }] : []

const tooManyNames = ({ tunnels }: VpnProfile): readonly Found[] => {
  const all = tunnels.flatMap(({ routes, exclusions }) => [...routes, ...exclusions])
  const { size } = new Set(all.flatMap((one) => (one.kind === 'host' ? [one.host] : [])))
  if (size <= mostNames) return []
  return [{ members: ['tunnels'], reason: `have ${size} names; ${mostNames} are resolved at the most` }]
}

const under =
  (kind: TunnelKind) =>
  ([members, reason]: TunnelFault): Found => ({ members: ['tunnels', kind, ...members], reason })

/** Finds what is wrong between members, each of which may be right. */
export const profileSense = (profile: VpnProfile): readonly Found[] => [
  ...noTunnel(profile),
  ...tooManyNames(profile),
  ...noRoot(profile),
  ...ownServer(profile),
  ...namedAlike(profile.tunnels),
  ...profile.tunnels.flatMap((tunnel) => tunnelFaults(tunnel, profile).map(under(tunnel.kind))),
]
