import { printAddress } from '../../../lib/text/ipAddress.ts'
import { firstOf, type IpPrefix, printPrefix } from '../../../lib/text/ipPrefix.ts'
import { ikeProposal } from '../../serverConfig/ikeProposal.ts'
import { type Element, xmlElement } from '../../service/xmlText.ts'
import type { RoutedPrefixes } from '../routedPrefixes.ts'
import type { NameRule, ProxySettings, TrafficFilter, VpnProfile, VpnTunnel } from '../vpnProfile.ts'
import { besideProfileXml } from './besideProfileXml.ts'
import { eapConfiguration } from './eapConfiguration.ts'

const text = (name: string, content: string | undefined): readonly Element[] =>
  content === undefined || content === '' ? [] : [{ name, content }]

const flag = (name: string, isOn: boolean): Element => ({ name, content: String(isOn) })

const onlyWhen = (name: string, isOn: boolean): readonly Element[] => (isOn ? [flag(name, true)] : [])

/** How a profile differs from the usual one. */
export interface ProfileXmlOptions {
  /** Certificates are those of Microsoft Entra's own VPN CA, which Windows fetches by itself for each connection. */
  readonly isEntra?: boolean
  /** Writes what no schema of ProfileXML has as elements too. */
  readonly beyondSchema?: boolean
}

const routingNames = { split: 'SplitTunnel', full: 'ForceTunnel' } as const

const proxyElement = ({ server, script }: ProxySettings): Element => ({
  name: 'Proxy',
  content: [
    ...text('AutoConfigUrl', script),
    ...(server === undefined ? [] : [{ name: 'Manual', content: text('Server', server) }]),
  ],
})

const nameElement = ({ name, servers }: NameRule): Element => ({
  name: 'DomainNameInformation',
  content: [...text('DomainName', name), ...text('DnsServers', servers.join(','))],
})

const filterElement = (filter: TrafficFilter): Element => {
  const { application, protocol, localPorts, remotePorts, localAddresses, remoteAddresses } = filter
  const { routing, direction } = filter
  return {
    name: 'TrafficFilter',
    content: [
      ...(application === undefined ? [] : [{ name: 'App', content: text('Id', application) }]),
      ...text('Protocol', protocol?.toString()),
      ...text('LocalPortRanges', localPorts.join(',')),
      ...text('RemotePortRanges', remotePorts.join(',')),
      ...text('LocalAddressRanges', localAddresses.map(printPrefix).join(',')),
      ...text('RemoteAddressRanges', remoteAddresses.map(printPrefix).join(',')),
      ...(application === undefined ? [] : text('RoutingPolicyType', routingNames[routing ?? 'split'])),
      ...text('Direction', direction === 'inbound' ? 'Inbound' : 'Outbound'),
    ],
  }
}

/** Windows falls back by itself from the first to the second; which is first is said in the phonebook. */
const protocolTypes = {
  ikev2: 'IKEv2',
  'ikev2-then-sstp': 'Automatic',
  'sstp-then-ikev2': 'Automatic',
  sstp: 'SSTP',
} as const

/**
 * Only where it is enabled does Windows fetch a certificate of Entra's. The digests stand without spaces here, and with a semicolon between:
 * the description of the node speaks of commas, the one published example has semicolons.
 */
const deviceCompliance = ({ kerberos }: VpnTunnel, isEntra: boolean): readonly Element[] =>
  isEntra || kerberos
    ? [
        {
          name: 'DeviceCompliance',
          content: [
            flag('Enabled', isEntra),
            ...(kerberos
              ? [
                  {
                    name: 'Sso',
                    content: [
                      flag('Enabled', true),
                      ...text('Eku', kerberos.purposes.join(',')),
                      ...text('IssuerHash', kerberos.issuers.join(';')),
                    ],
                  },
                ]
              : []),
          ],
        },
      ]
    : []

/** Names of nodes of the CSP; scripts write them into ProfileXML, where the schema has no place for them. */
const elementsBeyondSchema = (tunnel: VpnTunnel): readonly Element[] => {
  const { useRasCredentials, outageSeconds, interfaceMetric } = besideProfileXml(tunnel)
  return [
    flag('UseRasCredentials', useRasCredentials),
    ...text('NetworkOutageTime', String(outageSeconds)),
    ...['IPv4InterfaceMetric', 'IPv6InterfaceMetric'].flatMap((name) =>
      text(name, interfaceMetric?.toString()),
    ),
    ...text('DataEncryption', 'Require'),
  ]
}

const authentication = (profile: VpnProfile, tunnel: VpnTunnel, isEntra: boolean): Element => ({
  name: 'Authentication',
  content:
    tunnel.kind === 'device'
      ? text('MachineMethod', 'Certificate')
      : [
          ...text('UserMethod', 'Eap'),
          {
            name: 'Eap',
            content: [{ name: 'Configuration', content: [eapConfiguration(profile, tunnel, isEntra)] }],
          },
        ],
})

/** What the servers take and nothing else; SSTP is encrypted by TLS. */
const cryptographySuite = ({ protocol }: VpnTunnel): readonly Element[] =>
  protocol === 'sstp'
    ? []
    : [
        {
          name: 'CryptographySuite',
          content: ikeProposal.profileXml.flatMap(([name, value]) => text(name, value)),
        },
      ]

const nativeProfile = (profile: VpnProfile, tunnel: VpnTunnel, isEntra: boolean): Element => ({
  name: 'NativeProfile',
  content: [
    ...text(
      'Servers',
      tunnel.servers.map(({ host, label }) => (label === undefined ? host : `${host};${label}`)).join(','),
    ),
    ...text('RoutingPolicyType', routingNames[tunnel.routing]),
    ...text('NativeProtocolType', protocolTypes[tunnel.protocol]),
    ...onlyWhen('DisableClassBasedDefaultRoute', tunnel.routing === 'split'),
    ...cryptographySuite(tunnel),
    authentication(profile, tunnel, isEntra),
  ],
})

const routeElement = (prefix: IpPrefix, more: readonly Element[]): Element => ({
  name: 'Route',
  content: [
    ...text('Address', printAddress(firstOf(prefix))),
    ...text('PrefixSize', String(prefix.bits)),
    ...more,
  ],
})

/**
 * Writes the ProfileXML of a tunnel, in the order of the schema of the VPNv2 CSP. The name of the profile, and what
 * besideProfileXml() tells, are not in it.
 * @param routed addresses of every name of the tunnel.
 */
export const profileXml = (
  profile: VpnProfile,
  tunnel: VpnTunnel,
  routed: RoutedPrefixes,
  { isEntra = false, beyondSchema = false }: ProfileXmlOptions = {},
): string =>
  xmlElement({
    name: 'VPNProfile',
    content: [
      flag('AlwaysOn', tunnel.alwaysOn),
      ...text('DnsSuffix', tunnel.suffixes.join(',')),
      ...text('TrustedNetworkDetection', tunnel.trustedNetworks.join(',')),
      ...onlyWhen('DisableAdvancedOptionsEditButton', tunnel.hideEditButton),
      ...onlyWhen('DisableDisconnectButton', tunnel.hideDisconnectButton),
      ...onlyWhen('DeviceTunnel', tunnel.kind === 'device'),
      flag('RegisterDNS', tunnel.registerDns),
      ...(tunnel.proxy ? [proxyElement(tunnel.proxy)] : []),
      ...deviceCompliance(tunnel, isEntra && tunnel.kind !== 'device'),
      ...tunnel.nameRules.map(nameElement),
      ...tunnel.filters.map(filterElement),
      nativeProfile(profile, tunnel, isEntra),
      ...routed.routes.map((prefix) => routeElement(prefix, text('Metric', tunnel.routeMetric?.toString()))),
      ...routed.exclusions.map((prefix) => routeElement(prefix, [flag('ExclusionRoute', true)])),
      ...(beyondSchema ? elementsBeyondSchema(tunnel) : []),
    ],
  })
