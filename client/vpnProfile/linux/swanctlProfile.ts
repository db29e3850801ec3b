import { basename } from 'node:path'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type IpPrefix, prefixOf, printPrefix, widestOf } from '../../../lib/text/ipPrefix.ts'
import { ikeProposal } from '../../serverConfig/ikeProposal.ts'
import { quote } from '../../serverConfig/quote.ts'
import { clientFolders } from './clientFolders.ts'
import { authorityFiles, type ClientFiles, clientName, type ClientSettings } from './clientFiles.ts'
import { mostSelectors } from './mostSelectors.ts'
import { remainingPrefixes } from './remainingPrefixes.ts'

const [connections, authorities] = clientFolders.strongswan

const section = (name: string, lines: readonly string[]): readonly string[] => [
  `${name} {`,
  ...lines.map((line) => `  ${line}`),
  '}',
]

const refuse = (why: string): Refusal =>
  new Refusal('configuration-invalid', `Cannot use the profile with strongSwan: ${why}.`)

const all: readonly IpPrefix[] = ['0.0.0.0/0', '::/0'].flatMap((cidr) => prefixOf(cidr) ?? [])

/** What is in the tunnel; charon itself leaves out what lies within another. */
const insideOf = ({ tunnel, routed }: ClientSettings): readonly IpPrefix[] => {
  const inside = tunnel.routing === 'full' ? all : widestOf(routed.routes)
  if (inside.length === 0) throw refuse(`nothing is in the tunnel "${tunnel.name}"`)
  if (inside.length <= mostSelectors) return inside
  throw refuse(
    `"${tunnel.name}" has ${inside.length} networks in it, and IKEv2 takes ${mostSelectors}: name wider ones`,
  )
}

/**
 * What is in the tunnel, and what stays outside. The kernel lets pass what is outside before it looks for a tunnel, however narrow that
 * one's networks are: a route within an exclusion is cut out of it.
 */
const children = (settings: ClientSettings): readonly string[] => {
  const { tunnel, routed } = settings
  const inside = insideOf(settings).map(printPrefix)
  const outside = remainingPrefixes(routed.exclusions, routed.routes).map(printPrefix)
  return [
    ...section(tunnel.kind, [
      `remote_ts = ${inside.join(', ')}`,
      `esp_proposals = ${ikeProposal.strongSwan.esp}`,
      ...(tunnel.alwaysOn ? ['start_action = start', 'dpd_action = restart', 'close_action = start'] : []),
    ]),
    ...(outside.length === 0
      ? []
      : section('outside', [`remote_ts = ${outside.join(', ')}`, 'mode = pass', 'start_action = trap'])),
  ]
}

const connection = (settings: ClientSettings): readonly string[] => {
  const { profile, tunnel, user } = settings
  const [serverName = ''] = profile.server.names
  const roots = authorityFiles(settings, authorities).map(({ path }) => basename(path))
  return [
    'version = 2',
    `proposals = ${ikeProposal.strongSwan.ike}`,
    `remote_addrs = ${tunnel.servers.map(({ host }) => host).join(', ')}`,
    'vips = 0.0.0.0, ::',
    'send_certreq = yes',
    '# Shorter than the reauth_time of any server: with its default charon would reauthenticate at once, and in a loop.',
    'over_time = 5s',
    ...section('local', ['auth = eap-tls', `eap_id = ${quote.swanctl(user)}`, `id = ${quote.swanctl(user)}`]),
    ...section('remote', [
      'auth = pubkey',
      `id = ${quote.swanctl(serverName)}`,
      "# The server's own roots and none of the tenant: without it any authority in x509ca vouches for the server.",
      `cacerts = ${roots.join(', ')}`,
    ]),
    ...section('children', children(settings)),
  ]
}

/** Makes a connection of strongSwan's swanctl 5.9, for a server that `mayfly server-config strongswan-eap-tls` or `-eap-radius` writes. */
export const swanctlProfile = (settings: ClientSettings): ClientFiles => {
  const { tunnel } = settings
  const name = clientName(settings)
  const content = [
    `# ${tunnel.name}. Written by mayfly profile strongswan; it replaces this file.`,
    ...section('connections', section(name, connection(settings))),
    '',
  ].join('\n')
  return {
    files: [...authorityFiles(settings, authorities), { path: `${connections}/${name}.conf`, content }],
    steps: [
      'the hook infra/client/hooks/strongswan-client for on-renew and on-trust-change, which brings certificate and issuers there',
      'swanctl --load-all --noprompt',
      ...(tunnel.alwaysOn ? [] : [`swanctl --initiate --child ${tunnel.kind}, whenever it is wanted`]),
    ],
  }
}
