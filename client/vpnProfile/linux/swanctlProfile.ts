import { basename } from 'node:path'
import { printPrefix } from '../../../lib/text/ipPrefix.ts'
import { ikeProposal } from '../../serverConfig/ikeProposal.ts'
import { quote } from '../../serverConfig/quote.ts'
import { clientFolders } from './clientFolders.ts'
import { authorityFiles, type ClientFiles, clientName, type ClientSettings } from './clientFiles.ts'

const [connections, authorities] = clientFolders.strongswan

const section = (name: string, lines: readonly string[]): readonly string[] => [
  `${name} {`,
  ...lines.map((line) => `  ${line}`),
  '}',
]

/** What is in the tunnel, and what stays outside: policies of the kernel decide, the narrower one first. */
const children = ({ tunnel, routed }: ClientSettings): readonly string[] => {
  const inside = tunnel.routing === 'full' ? ['0.0.0.0/0', '::/0'] : routed.routes.map(printPrefix)
  const outside = routed.exclusions.map(printPrefix)
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
