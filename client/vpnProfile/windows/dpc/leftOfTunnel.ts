import type { TunnelKind } from '../../vpnProfile.ts'
import type { DpcRegistry } from './dpcRegistry.ts'
import { type LeftSetting, leftWhy } from './leftSetting.ts'
import { listsOf } from './listsOf.ts'
import { privateBlocks, routesOf } from './routesOf.ts'
import { tunnelKeys } from './tunnelKeys.ts'

/** Values of RAS' VpnStrategy that are those of vpn.toml; DPC's own default is IKEv2 alone. */
export const strategies: ReadonlyMap<number, string> = new Map([
  [5, 'sstp'],
  [6, 'sstp-then-ikev2'],
  [7, 'ikev2'],
  [14, 'ikev2-then-sstp'],
])

/** What tunnels have a member of vpn.toml for, by name in lower case. */
const taken: ReadonlySet<string> = new Set(
  [
    'ProfileName URL ForceTunnel VPNStrategy DisableAlwaysOn RegisterDNS InterfaceMetric RouteMetric NetworkOutageTime',
    'DisableUIDisconnectButton DisableUIEditButton ExcludeOffice365 IncludeDeviceTunnelRoutes MTU OverrideXML',
    'EnableProxy ProxyType ProxyValue ProxyBypassForLocal ProxyExcludeList DeviceComplianceEnabled DCEKUOID DCIssuerHash',
    'DNSSuffix TrustedNetworks DomainNameInfo RouteList RouteListExclude DNSRouteList DNSExcludeRouteList TrafficFilters',
    'MachineEKU RootCertificates NPSList',
  ].flatMap((names) => names.toLowerCase().split(' ')),
)

/** Names what a vpn.toml does not have of a tunnel, or has otherwise. @param off filters that are not enabled. */
export const leftOfTunnel = (
  registry: DpcRegistry,
  kind: TunnelKind,
  off: readonly string[],
): readonly LeftSetting[] => {
  const key = tunnelKeys[kind]
  const of = (setting: string, why: string): LeftSetting => ({ setting: `${key}\\${setting}`, why })
  const strategy = registry.number(key, 'VPNStrategy')
  const isFull = registry.isOn(key, 'ForceTunnel')
  const { isDefault } = routesOf(registry, kind, key)
  return [
    ...registry
      .names(key)
      .filter((name) => !taken.has(name.toLowerCase()))
      .map((name) => of(name, leftWhy.get(name.toLowerCase()) ?? 'is not known')),
    ...off.map((setting) => ({ setting, why: 'is left: it is not enabled' })),
    ...(kind === 'device' || strategy === undefined || strategies.has(strategy)
      ? []
      : [of('VPNStrategy', `is ${strategy}, which vpn.toml does not have: IKEv2 alone is written`)]),
    ...(isFull && kind === 'device'
      ? [of('ForceTunnel', 'is left: Windows has no device tunnel for all traffic, and DPC makes none')]
      : []),
    ...(isFull && kind !== 'device' && listsOf(registry, key).names('RouteList').length > 0
      ? [of('RouteList', 'is left: all traffic is in the tunnel, and DPC pays it no heed either')]
      : []),
    ...(kind !== 'device' && registry.isOn(key, 'DeviceComplianceEnabled')
      ? [
          of(
            'DeviceComplianceEnabled',
            "is what mayfly profile windows-entra writes: in Mayfly's own profile the certificate for Kerberos is left of it",
          ),
        ]
      : []),
    ...(isDefault
      ? [of('RouteList', `is empty: ${privateBlocks.join(', ')} are written, as DPC has it`)]
      : []),
  ]
}
