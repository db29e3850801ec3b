import { Refusal } from '../../../lib/errors/refusal.ts'
import { ikeProposal } from '../../serverConfig/ikeProposal.ts'
import { parseXml, unescapedXml, type XmlElement } from './parseXml.ts'
import { eapSettings } from './eapSettings.ts'
import { canonicalPrefix, type Reading, readings } from './readings.ts'
import { type ReadSetting, said } from './readSetting.ts'

/** Elements by their paths: what vpn.toml calls them, and how they are read. */
type Names = ReadonlyMap<string, readonly [setting: string, reading: Reading]>

const profileNames: Names = new Map<string, readonly [string, Reading]>([
  ['AlwaysOn', ['always-on', readings.flag]],
  ['DnsSuffix', ['suffixes', readings.suffixes]],
  ['TrustedNetworkDetection', ['trusted-networks', readings.networks]],
  ['DisableAdvancedOptionsEditButton', ['hide-edit-button', readings.flag]],
  ['DisableDisconnectButton', ['hide-disconnect-button', readings.flag]],
  ['RegisterDNS', ['register-dns', readings.flag]],
  ['Proxy/AutoConfigUrl', ['proxy.script', readings.text]],
  ['Proxy/Manual/Server', ['proxy.server', readings.word]],
  ['APNBinding/Password', ['APNBinding/Password', readings.secret]],
  ['DeviceCompliance/Sso/Eku', ['kerberos.purposes', readings.identifiers]],
  ['DeviceCompliance/Sso/IssuerHash', ['kerberos.issuers', readings.digests]],
  ['NativeProfile/Servers', ['servers', readings.servers]],
  ['NativeProfile/RoutingPolicyType', ['routing', readings.routing]],
  ['NativeProfile/NativeProtocolType', ['protocol', readings.word]],
  ...ikeProposal.profileXml.map(
    ([name]) =>
      [`NativeProfile/CryptographySuite/${name}`, [`CryptographySuite/${name}`, readings.word]] as const,
  ),
  ['NativeProfile/L2tpPsk', ['NativeProfile/L2tpPsk', readings.secret]],
  ['UseRasCredentials', ['UseRasCredentials', readings.flagOnByDefault]],
  ['PrivateNetwork', ['PrivateNetwork', readings.flagOnByDefault]],
  ['NetworkOutageTime', ['NetworkOutageTime', readings.text]],
  ['NativeProfile/Authentication/UserMethod', ['NativeProfile/Authentication/UserMethod', readings.word]],
  [
    'NativeProfile/Authentication/MachineMethod',
    ['NativeProfile/Authentication/MachineMethod', readings.word],
  ],
])

const ruleNames: Names = new Map<string, readonly [string, Reading]>([
  ['DomainName', ['name', readings.word]],
  ['DnsServers', ['servers', readings.addresses]],
])

const filterNames: Names = new Map<string, readonly [string, Reading]>([
  ['App/Id', ['application', readings.text]],
  ['Protocol', ['protocol', readings.protocolNumber]],
  ['LocalPortRanges', ['local-ports', readings.ports]],
  ['RemotePortRanges', ['remote-ports', readings.ports]],
  ['LocalAddressRanges', ['local-addresses', readings.prefixes]],
  ['RemoteAddressRanges', ['remote-addresses', readings.prefixes]],
  ['RoutingPolicyType', ['routing', readings.routing]],
  ['Direction', ['direction', readings.direction]],
])

type ReadElement = (element: XmlElement) => readonly ReadSetting[]

/** Reads elements one by one; what has no name there is read under its own, so that nothing is overlooked. */
const elementSettings = (
  element: XmlElement,
  path: string,
  names: Names,
  groups: ReadonlyMap<string, ReadElement> = new Map(),
): readonly ReadSetting[] =>
  element.children.flatMap((child) => {
    const at = `${path}${child.name}`
    const group = groups.get(at)
    if (group) return group(child)
    const [setting, reading] = names.get(at) ?? [at, readings.flag]
    return [...said(setting, reading(child.text)), ...elementSettings(child, `${at}/`, names, groups)]
  })

/** Says in one text what a group of elements comes to, in whatever order they stand. */
const inWords = (element: XmlElement, names: Names): string =>
  elementSettings(element, '', names)
    .map(({ setting, value }) => `${setting} ${value}`)
    .toSorted()
    .join('; ')

const textIn = ({ children }: XmlElement, name: string): string =>
  children.find((child) => child.name === name)?.text ?? ''

const routeSettings = (route: XmlElement): readonly ReadSetting[] => {
  const prefix = canonicalPrefix(`${textIn(route, 'Address')}/${textIn(route, 'PrefixSize')}`)
  const metric = readings.metric(textIn(route, 'Metric'))
  const isExcluded = readings.flag(textIn(route, 'ExclusionRoute')) === 'true'
  return isExcluded
    ? said('exclusions', metric === undefined ? prefix : `${prefix} with metric ${metric}`)
    : [...said('routes', prefix), ...said('route-metric', metric ?? 'none')]
}

const groups: ReadonlyMap<string, ReadElement> = new Map<string, ReadElement>([
  /** Whoever asks for a profile knows its name, and writes it elsewhere. */
  ['ProfileName', () => []],
  ['DomainNameInformation', (rule) => said('dns', inWords(rule, ruleNames))],
  ['TrafficFilter', (filter) => said('filters', inWords(filter, filterNames) || 'all traffic')],
  ['Route', routeSettings],
  ['NativeProfile/Authentication/Eap/Configuration', eapSettings],
])

/** That no route has a metric says nothing; that some have none does. */
const withoutMetrics = (settings: readonly ReadSetting[]): readonly ReadSetting[] =>
  settings.some(({ setting, value }) => setting === 'route-metric' && value !== 'none')
    ? settings
    : settings.filter(({ setting }) => setting !== 'route-metric')

/**
 * Reads what a ProfileXML says, whoever wrote it: spelling, case, white space, order and prefixes of namespaces have no part in it
 * where they mean nothing to Windows, nor has what Windows does anyway. A setting that is a list without an order is there once for each of its values.
 * @param text may be escaped once, as it is within the messages of a device management server.
 * @throws {Refusal} `configuration-invalid`
 */
export const readProfileXml = (text: string): readonly ReadSetting[] => {
  const profile = parseXml(unescapedXml(text))
  if (profile.name !== 'VPNProfile')
    throw new Refusal('configuration-invalid', `Cannot read the ProfileXML: it is a ${profile.name}.`)
  return withoutMetrics(elementSettings(profile, '', profileNames, groups))
}
