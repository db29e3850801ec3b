import { agentFiles, agentSteps, mustRun, programFolder } from './agentFiles.ts'
import { mostSeconds } from './mostSeconds.ts'
import { quote } from './quote.ts'
import type { MakeRecipe, ServerSettings } from './recipe.ts'
import { spellingFilter } from './spellingFilter.ts'

const socket = '/run/occtl.socket'
const connectScript = `${programFolder}/ocserv-connect`

const conf = (settings: ServerSettings): string => {
  const { tenant, trust, certificate, key, pool, networks, lifetimeSeconds, longUpn } = settings
  return [
    `# VPN clients of ${tenant}. Written by mayfly server-config; it replaces this file.`,
    'auth = "certificate"',
    'tcp-port = 443',
    'udp-port = 443',
    'run-as-user = ocserv',
    'run-as-group = ocserv',
    'socket-file = /run/ocserv-socket',
    'isolate-workers = true',
    '# By which the agent ends sessions.',
    'use-occtl = true',
    `occtl-socket-file = ${socket}`,
    'pid-file = /run/ocserv.pid',
    `server-cert = ${certificate}`,
    `server-key = ${key}`,
    '# Issuers and cross certificates, no root: GnuTLS takes paths that end at an issuer, and a tainted one is out. After a root',
    '# was put to work clients send its cross certificate last, and GnuTLS looks for the issuer of that one. ocserv reads no key',
    '# purpose: with another CA in this file everybody whom that one certified is let in.',
    `ca-cert = ${trust}/issuers-and-crosses.pem`,
    '# By default it takes TLS 1.0, too.',
    'tls-priorities = "NORMAL:%SERVER_PRECEDENCE:%COMPAT:-VERS-TLS1.0:-VERS-TLS1.1"',
    '# No crl: certificates of clients live shortly and name none.',
    `# The common name, which is the UPN${longUpn === 'objectId' ? ', or the object id of users whose UPN is long' : ''}.`,
    'cert-user-oid = 2.5.4.3',
    '# A new tunnel is a new handshake, in which the certificate is verified again; rekeying of TLS 1.3 (ssl, the default)',
    '# never looks at it.',
    `rekey-time = ${mostSeconds(settings).rekey}`,
    'rekey-method = new-tunnel',
    '# Without it a new tunnel has another address, and openconnect gives up.',
    'predictable-ips = true',
    'cookie-timeout = 60',
    '# No session is longer than a certificate lives.',
    `session-timeout = ${lifetimeSeconds}`,
    '# Refuses whom an administrator stopped: who comes back had a tunnel until the next look of the guard.',
    `connect-script = ${connectScript}`,
    'device = vpns',
    `ipv4-network = ${pool}`,
    ...networks.map((network) => `route = ${network}`),
    '',
  ].join('\n')
}

const connect = ({ trust }: ServerSettings): string => `#!/bin/sh
# Lets nobody in whom an administrator stopped, by the list of the guard. GnuTLS writes what means something in names after a backslash.
stopped=${quote.shell(`${trust}/stopped`)}
[ -s "$stopped" ] || exit 0
user=$(printf %s "$USERNAME" | sed 's/\\\\\\(.\\)/\\1/g' | ${spellingFilter})
grep -qxF "user $user" "$stopped"
[ $? = 1 ]
`

/** ocserv 1.1 for openconnect and AnyConnect. */
export const ocservRecipe: MakeRecipe = (settings) => ({
  files: [
    { kind: 'configuration', path: '/etc/ocserv/ocserv.conf', mode: 0o644, content: conf(settings) },
    { kind: 'program', path: connectScript, mode: 0o755, content: connect(settings) },
    ...agentFiles(settings, {
      name: 'ocserv',
      reachesOthers: true,
      guard: [{ kind: 'ocserv', socket }],
      lines: [
        '# Without an issuer there is nobody to let in. SIGHUP keeps tunnels; in the first moments it ends ocserv.',
        'if [ ! -s "$trust/issuers.sha256" ]; then systemctl stop ocserv; exit; fi',
        'systemctl reload-or-restart ocserv',
        'sleep 2',
        ...mustRun('ocserv'),
      ],
    }),
  ],
  steps: [
    ...agentSteps,
    'systemctl enable --now ocserv',
    'clients: openconnect holds its certificate in memory; start it anew after a renewal',
  ],
  cannotCheck: [
    `the marker (${settings.markerOids.join(', ')}), clientAuth, or any key purpose: ocserv has no setting for them. A certificate without one needs the key of an issuer`,
    ...(settings.policyOid === undefined ? [] : [`the policy ${settings.policyOid}`]),
    'a tainted issuer under a cross-certified root that is tainted as well, while the cross certificate is in the bundle',
  ],
  ends: `${mostSeconds(settings).rekey} s after the end of the certificate at the latest, at the next new tunnel; ${settings.lifetimeSeconds} s after it began at the latest`,
})
