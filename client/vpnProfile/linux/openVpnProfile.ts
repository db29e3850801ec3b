import { Refusal } from '../../../lib/errors/refusal.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { firstOf, type IpPrefix, lastOf, printPrefix } from '../../../lib/text/ipPrefix.ts'
import { printAddress } from '../../../lib/text/ipAddress.ts'
import { quote } from '../../serverConfig/quote.ts'
import { clientFolders } from './clientFolders.ts'
import { type ClientFiles, clientName, type ClientSettings } from './clientFiles.ts'

const [configurations] = clientFolders.openvpn

const isV4 = ({ address }: IpPrefix): boolean => address.length === 1

const maskOf = (prefix: IpPrefix): string =>
  printAddress(firstOf(prefix).map((word, index) => ~(word ^ (lastOf(prefix)[index] ?? 0)) >>> 0))

/** Routes of a gateway: that of the tunnel when left out. */
const routeLines = (prefixes: readonly IpPrefix[], gateway?: string): readonly string[] =>
  prefixes.map((prefix) => {
    const target = isV4(prefix)
      ? `route ${printAddress(firstOf(prefix))} ${maskOf(prefix)}`
      : `route-ipv6 ${printPrefix(prefix)}`
    return gateway === undefined ? target : `${target} ${isV4(prefix) ? gateway : `${gateway}_ipv6`}`
  })

/** OpenVPN refuses a file with a longer line (OPTION_LINE_SIZE, with its end). */
const mostLineOctets = 254

const checkLines = (content: string): string => {
  const long = content.split('\n').find((line) => Buffer.byteLength(line) > mostLineOctets)
  if (long === undefined) return content
  throw new Refusal(
    'configuration-invalid',
    `Cannot use the profile with OpenVPN: it takes no line of more than ${mostLineOctets} octets, such as ${long}.`,
  )
}

/** Says the name of a tunnel in comments: no line of them is too long, in whatever writing. */
const nameLines = (name: string): readonly string[] =>
  (name.match(/.{1,60}/gsu) ?? []).map((part) => `# ${part}`)

const authorities = (der: readonly Uint8Array[]): readonly string[] => [
  '# The roots of the server alone, and none of the tenant: no certificate of a client passes as the server.',
  '<ca>',
  ...der.map((one) => encodePem('CERTIFICATE', one).trimEnd()),
  '</ca>',
]

const routing = ({ tunnel, routed }: ClientSettings): readonly string[] => [
  '# This file says what is in the tunnel, not the server.',
  '# It leaves route-gateway alone, without which OpenVPN has no way to lead a route into the tunnel.',
  'route-nopull',
  ...(tunnel.routeMetric === undefined ? [] : [`route-metric ${tunnel.routeMetric}`]),
  ...(tunnel.routing === 'full' ? ['redirect-gateway def1 ipv6'] : routeLines(routed.routes)),
  ...routeLines(routed.exclusions, 'net_gateway'),
]

const configuration = (settings: ClientSettings): string => {
  const { profile, tunnel, folder } = settings
  const [serverName = ''] = profile.server.names
  const run = `/run/openvpn-client/${clientName(settings)}`
  return [
    ...nameLines(tunnel.name),
    '# Written by mayfly profile openvpn; it replaces this file.',
    'client',
    'dev tun',
    ...tunnel.servers.map(({ host }) => `remote ${host} 1194 udp`),
    'tls-version-min 1.2',
    'remote-cert-tls server',
    `verify-x509-name ${quote.openVpn(serverName)} name`,
    ...authorities(profile.server.authorities),
    `cert ${quote.openVpn(`${folder}/certificate.pem`)}`,
    `key ${quote.openVpn(`${folder}/key.pem`)}`,
    `extra-certs ${quote.openVpn(`${folder}/chain.pem`)}`,
    '# No persist-key: OpenVPN would keep the certificate that it started with, and loop when that ends.',
    'persist-tun',
    'keepalive 10 30',
    `tun-mtu ${tunnel.mtu}`,
    'pull-filter ignore "tun-mtu"',
    `writepid ${run}.pid`,
    '# Tells root, and nobody else, whether the tunnel is up.',
    `management ${run}.socket unix`,
    'management-client-user root',
    ...routing(settings),
    '',
  ].join('\n')
}

/** Makes a configuration of OpenVPN 2.6, whose server `mayfly server-config openvpn` writes. */
export const openVpnProfile = (settings: ClientSettings): ClientFiles => {
  const name = clientName(settings)
  const unit = `openvpn-client@${name}`
  return {
    files: [{ path: `${configurations}/${name}.conf`, content: checkLines(configuration(settings)) }],
    steps: [
      settings.tunnel.alwaysOn
        ? `systemctl enable --now ${unit}`
        : `systemctl start ${unit}, whenever it is wanted`,
    ],
  }
}
