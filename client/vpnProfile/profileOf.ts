import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { ProfileDocument, TunnelDocument } from './profileDocument.ts'
import {
  type ExclusionList,
  type ProxySettings,
  type TrafficFilter,
  type TunnelKind,
  tunnelKinds,
  type VpnProfile,
  type VpnTunnel,
} from './vpnProfile.ts'

const proxyOf = (given: NonNullable<TunnelDocument['proxy']>): ProxySettings => {
  const { server, script, exceptions, 'bypass-local': bypassLocal } = given
  return { server, script, exceptions, bypassLocal }
}

const filterOf = (given: NonNullable<TunnelDocument['filters']>[number]): TrafficFilter => {
  const { name, application, protocol, direction, routing } = given
  return {
    name,
    application,
    protocol,
    localPorts: given['local-ports'],
    remotePorts: given['remote-ports'],
    localAddresses: given['local-addresses'],
    remoteAddresses: given['remote-addresses'],
    direction,
    routing,
  }
}

const listOf = (list: ExclusionList, base: string): ExclusionList =>
  list.kind === 'file' ? { ...list, file: resolve(base, list.file) } : list

/** Half an hour, but no longer than a certificate lives. */
const usualOutageSeconds = (lifetimeSeconds: number): number => Math.min(1_800, lifetimeSeconds)

interface TunnelPlace {
  readonly lifetimeSeconds: number
  readonly base: string
}

const tunnelOf = (
  kind: TunnelKind,
  own: TunnelDocument,
  { lifetimeSeconds, base }: TunnelPlace,
): VpnTunnel => ({
  kind,
  name: own.name,
  servers: own.servers.map(({ name: host, label }) => ({ host, label })),
  protocol: own.protocol ?? 'ikev2',
  authentication: own.authentication ?? 'eap-tls',
  alwaysOn: own['always-on'] ?? kind !== 'backup',
  routing: own.routing ?? 'split',
  routes: own.routes ?? [],
  exclusions: own.exclusions ?? [],
  exclusionLists: (own['exclusion-lists'] ?? []).map((list) => listOf(list, base)),
  nameRules: own.dns ?? [],
  suffixes: own.suffixes ?? [],
  trustedNetworks: own['trusted-networks'] ?? [],
  registerDns: own['register-dns'] ?? false,
  routeMetric: own['route-metric'],
  interfaceMetric: own['interface-metric'],
  mtu: own.mtu ?? 1_400,
  outageSeconds: own['outage-seconds'] ?? usualOutageSeconds(lifetimeSeconds),
  proxy: own.proxy && proxyOf(own.proxy),
  filters: (own.filters ?? []).map(filterOf),
  hideEditButton: own['hide-edit-button'] ?? false,
  hideDisconnectButton: own['hide-disconnect-button'] ?? false,
  machinePurposes: own['machine-purposes'] ?? [],
  kerberos: own.kerberos,
})

const sha1 = (der: Uint8Array): string => createHash('sha1').update(der).digest('hex')

/** A backup has of the user's tunnel what it does not say itself; but people choose it. */
const completed = (tunnels: ProfileDocument['tunnels'], kind: TunnelKind): TunnelDocument | undefined => {
  const own = tunnels[kind]
  if (kind !== 'backup' || own === undefined) return own
  const { 'always-on': _, ...user } = tunnels.user ?? {}
  return { ...user, ...own }
}

/**
 * Gives the members of a document their meaning.
 * @param authorities what `server.ca` leads to, DER.
 * @param base the folder that relative paths begin at.
 */
export const profileOf = (
  { tenant, service, server, certificate, tunnels }: ProfileDocument,
  { authorities, base }: { readonly authorities: readonly Uint8Array[]; readonly base: string },
): VpnProfile => {
  const { issuers, marker, 'lifetime-seconds': lifetimeSeconds } = certificate
  return {
    tenant,
    service,
    server: {
      names: server.names,
      roots: [...new Set([...server.roots, ...authorities.map(sha1)])],
      authorities,
    },
    certificate: { issuers, marker, lifetimeSeconds },
    tunnels: tunnelKinds.flatMap((kind) => {
      const own = completed(tunnels, kind)
      return own ? [tunnelOf(kind, own, { lifetimeSeconds, base })] : []
    }),
  }
}
