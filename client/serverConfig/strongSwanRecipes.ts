import { agentFiles, agentSteps, type GuardedServer, guardFile } from './agentFiles.ts'
import { ikeProposal } from './ikeProposal.ts'
import { mostSeconds } from './mostSeconds.ts'
import { quote } from './quote.ts'
import type { MakeRecipe, Recipe, ServerSettings } from './recipe.ts'

/** Where swanctl finds what it loads; its AppArmor profile lets it read nowhere else. */
const swanctl = '/etc/swanctl'

/** Its sessions, as far as the connections of this file have them. */
const guard: readonly GuardedServer[] = [{ kind: 'strongswan', socket: '/run/charon.vici' }]

const guardConfiguration = '/etc/mayfly/strongswan-eap-radius.toml'

const hookLines = [
  `ca=${swanctl}/x509ca`,
  '# One certificate a file: of a file with several charon reads the first alone. What left the bundle goes.',
  'for file in "$ca"/root~*.pem "$ca"/issuer~*.pem "$ca"/cross~*.pem; do',
  '  [ -e "$trust/certificates/${file##*/}" ] || rm -f "$file"',
  'done',
  'cp "$trust"/certificates/*.pem "$ca/"',
  `cp "$trust/swanctl-cacerts.conf" ${swanctl}/mayfly-cacerts.conf`,
  '# Without --clear a removed root stays trusted. Tunnels survive.',
  'swanctl --load-all --clear --noprompt',
  'swanctl --flush-certs',
]

/** The lines of a section, indented. */
const section = (name: string, lines: readonly string[]): readonly string[] => [
  `${name} {`,
  ...lines.map((line) => `  ${line}`),
  '}',
]

interface Kind {
  readonly name: string
  /** What stands in the connection beside its parts, and in its section `remote`. */
  readonly ends: readonly string[]
  readonly remote: readonly string[]
}

const connectionsOf = (settings: ServerSettings, { name, ends, remote }: Kind): string => {
  const { tenant, serverName, networks, pool } = settings
  const local = ['auth = pubkey', 'certs = mayfly-server.pem', `id = ${quote.swanctl(serverName)}`]
  const child = [`local_ts = ${networks.join(', ')}`, `esp_proposals = ${ikeProposal.strongSwan.esp}`]
  const connection = [
    'version = 2',
    `proposals = ${ikeProposal.strongSwan.ike}`,
    '# Asks clients for certificates of the CAs that are loaded.',
    'send_certreq = yes',
    'unique = replace',
    'pools = mayfly',
    ...ends,
    ...section('local', local),
    ...section('remote', remote),
    ...section('children', section('net', child)),
  ]
  return [
    `# VPN clients of ${tenant}, ${name}. Written by mayfly server-config; it replaces this file.`,
    ...section('connections', section('mayfly', connection)),
    ...section('pools', section('mayfly', [`addrs = ${pool}`])),
    '',
  ].join('\n')
}

const certificateEnds = (settings: ServerSettings): readonly string[] => [
  '# Rekeying never looks at the certificate again; reauthentication does. The hard end is reauth_time + over_time.',
  `reauth_time = ${mostSeconds(settings).reauth}s`,
  '# 10 % of rekey_time, which is 24 minutes, when left out.',
  `over_time = ${mostSeconds(settings).over}s`,
  'rand_time = 0s',
]

const remoteOf = (auth: readonly string[], { policyOid }: ServerSettings): readonly string[] => [
  ...auth,
  'id = %any',
  '# Every issuer of the bundle and no root; the hook writes it. Without it each CA in x509ca is good for clients, that of',
  "# the server's own certificate included; with roots in it a tainted issuer stays trusted.",
  `include ${swanctl}/mayfly-cacerts.conf`,
  '# Certificates of clients name no CRL, for they live shortly: strict would refuse all of them.',
  'revocation = relaxed',
  ...(policyOid === undefined
    ? ['# The tenant has no certificate.policyOid; with one, cert_policy would demand it.']
    : [
        '# Of all that marks a certificate the only thing that strongSwan can demand.',
        `cert_policy = ${policyOid}`,
      ]),
]

const steps = (settings: ServerSettings): readonly string[] => [
  `ln ${settings.certificate} ${swanctl}/x509/mayfly-server.pem, or a copy, and the key into ${swanctl}/private/: charon reads nowhere else`,
  ...agentSteps,
  `clients of strongSwan: an over_time below ${mostSeconds(settings).reauth} s; with their own default, 24 minutes, they reauthenticate at once, in a loop`,
  'clients of NetworkManager want strongswan-eap-radius: charon-nm reauthenticates ten minutes before it is asked to, which is at once here, and in a loop',
  'clients must hold the roots too, in their x509ca: charon sends an intermediate only where it can build the path to a root',
]

const byCertificate =
  (name: string, auth: readonly string[]): MakeRecipe =>
  (settings): Recipe => {
    const { reauth, over } = mostSeconds(settings)
    const content = connectionsOf(settings, {
      name,
      ends: certificateEnds(settings),
      remote: remoteOf(auth, settings),
    })
    const hook = { name, lines: hookLines, writes: [swanctl], guard }
    return {
      files: [
        { kind: 'configuration', path: `${swanctl}/conf.d/mayfly.conf`, mode: 0o644, content },
        ...agentFiles(settings, hook),
      ],
      steps: steps(settings),
      cannotCheck: [
        `the marker (${settings.markerOids.join(', ')}), clientAuth, or any key purpose: strongSwan reads none. The pinned issuers sign for no other, so that a certificate without one needs the key of an issuer`,
        ...(settings.policyOid === undefined
          ? ['a policy: the tenant writes none (certificate.policyOid)']
          : []),
      ],
      ends: `${reauth + over} s after the end of the certificate at the latest, when reauthentication fails`,
    }
  }

const radius = `# Who decides: FreeRADIUS by mayfly server-config freeradius. The secret is in a file of its own, as
#   secret = "..."
charon {
  plugins {
    eap-radius {
      servers {
        mayfly {
          address = 127.0.0.1
          include /etc/strongswan.d/mayfly-radius.secret
        }
      }
    }
  }
}
`

const byRadius: MakeRecipe = (settings) => {
  const content = connectionsOf(settings, {
    name: 'strongswan-eap-radius',
    ends: [
      '# Session-Timeout ends the session with the certificate. charon asks for reauthentication over_time before: with its',
      '# default, 24 minutes, that is at once and in a loop, and the tunnel outlives the certificate.',
      'over_time = 2s',
      'rand_time = 0s',
    ],
    remote: ['auth = eap-radius', 'eap_id = %any', 'id = %any'],
  })
  return {
    files: [
      { kind: 'configuration', path: `${swanctl}/conf.d/mayfly.conf`, mode: 0o644, content },
      { kind: 'configuration', path: '/etc/strongswan.d/mayfly-radius.conf', mode: 0o644, content: radius },
      guardFile(settings, guardConfiguration, guard),
    ],
    steps: [
      `ln ${settings.certificate} ${swanctl}/x509/mayfly-server.pem, or a copy, and the key into ${swanctl}/private/: charon reads nowhere else`,
      `(umask 077; printf 'secret = "%s"\\n' "$(openssl rand -hex 24)" > /etc/strongswan.d/mayfly-radius.secret), and the same secret for this client of FreeRADIUS`,
      'the RADIUS server trusts, and its agent keeps, the bundle: this server reads none of it',
      `mayfly agent install --system --config ${guardConfiguration} ends sessions of whom an administrator stopped; where the agent of the RADIUS server is on this machine, its mayfly.toml gets the [bundles.guard] of this file instead`,
      'systemctl restart strongswan',
    ],
    cannotCheck: ['anything of the certificate: the RADIUS server does, which see'],
    ends: '2 s after the end of the certificate at the latest, by the Session-Timeout of the RADIUS server',
  }
}

/** strongSwan 5.9 with swanctl, for IKEv2 (RFC 7296): who proves himself how, and who decides. */
export const strongSwanRecipes = {
  'strongswan-pubkey': byCertificate('strongswan-pubkey', ['auth = pubkey']),
  /** EAP-TLS (RFC 5216) that charon itself terminates. */
  'strongswan-eap-tls': byCertificate('strongswan-eap-tls', ['auth = eap-tls', 'eap_id = %any']),
  /** EAP that a RADIUS server decides about, which says when the session ends, too. */
  'strongswan-eap-radius': byRadius,
} as const
