import type { TunnelKind } from '../../vpnProfile.ts'
import type { DpcRegistry } from './dpcRegistry.ts'
import { filtersOf } from './filtersOf.ts'
import { leftOfTunnel, strategies } from './leftOfTunnel.ts'
import type { LeftSetting } from './leftSetting.ts'
import { listsOf, parts } from './listsOf.ts'
import { routesOf } from './routesOf.ts'
import { type Members, tunnelKeys } from './tunnelKeys.ts'

/** What stands for no text where none can be given: in Intune's pages, and in DPC's description of its policies. */
const standsForNothing = /^<(?:EMPTY|EXCLUDE)>$/i

const proxyOf = (registry: DpcRegistry, key: string): Members | undefined => {
  if (!registry.isOn(key, 'EnableProxy')) return undefined
  const value = registry.text(key, 'ProxyValue')
  if (registry.number(key, 'ProxyType') === 1) return { script: value }
  return {
    server: value?.replace(/^http:\/\/([^/]+)\/?$/i, '$1'),
    exceptions: listsOf(registry, key).numbered('ProxyExcludeList'),
    'bypass-local': registry.isOn(key, 'ProxyBypassForLocal'),
  }
}

const kerberosOf = (registry: DpcRegistry, key: string): Members | undefined => {
  if (!registry.isOn(key, 'DeviceComplianceEnabled')) return undefined
  const digests = registry.text(key, 'DCIssuerHash')
  return { issuers: digests?.split(/[;,]/) ?? [], purposes: parts(registry.text(key, 'DCEKUOID')) }
}

const unlessZero = (number: number | undefined): number | undefined => (number === 0 ? undefined : number)

/** Says in vpn.toml what DPC's registry says of a tunnel, and names what it leaves. */
export const dpcTunnel = (
  registry: DpcRegistry,
  kind: TunnelKind,
): { readonly members: Members; readonly left: readonly LeftSetting[] } => {
  const key = tunnelKeys[kind]
  const isPeople = kind !== 'device'
  const { numbered, pairs } = listsOf(registry, key)
  const { routing, routes, exclusions } = routesOf(registry, kind, key)
  const { filters, off } = filtersOf(registry, key)
  const host = registry.text(key, 'URL')
  const members = {
    name: registry.text(key, 'ProfileName'),
    servers: host === undefined ? undefined : [{ name: host }],
    protocol: isPeople ? (strategies.get(registry.number(key, 'VPNStrategy') ?? 7) ?? 'ikev2') : undefined,
    authentication: isPeople ? 'peap-eap-tls' : undefined,
    'always-on': kind === 'user' ? !registry.isOn(key, 'DisableAlwaysOn') : undefined,
    routing,
    routes,
    exclusions,
    'exclusion-lists': isPeople && registry.isOn(key, 'ExcludeOffice365') ? ['microsoft-365'] : [],
    dns: pairs('DomainNameInfo').map(([name, servers]) => ({
      name,
      servers: standsForNothing.test(servers) ? [] : parts(servers),
    })),
    suffixes: numbered('DNSSuffix'),
    'trusted-networks': numbered('TrustedNetworks'),
    'register-dns': registry.isOn(key, 'RegisterDNS'),
    'route-metric': unlessZero(registry.number(key, 'RouteMetric')),
    'interface-metric': unlessZero(registry.number(key, 'InterfaceMetric')),
    mtu: registry.number('', 'MTU') ?? 1_400,
    'outage-seconds': registry.number(key, 'NetworkOutageTime') ?? (isPeople ? 1_800 : undefined),
    proxy: proxyOf(registry, key),
    'hide-edit-button': registry.isOn(key, 'DisableUIEditButton'),
    'hide-disconnect-button': registry.isOn(key, 'DisableUIDisconnectButton'),
    'machine-purposes': isPeople ? undefined : numbered('MachineEKU'),
    kerberos: isPeople ? kerberosOf(registry, key) : undefined,
    filters,
  }
  return { members, left: leftOfTunnel(registry, kind, off) }
}
