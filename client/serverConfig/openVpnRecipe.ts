import { agentFiles, agentSteps, mustRun, programFolder } from './agentFiles.ts'
import { networkOf } from './networkOf.ts'
import { quote } from './quote.ts'
import type { MakeRecipe, ServerSettings } from './recipe.ts'
import { spellingFilter } from './spellingFilter.ts'

/** Where certificates are kept, from tls-verify to client-connect and while the session lasts. */
const run = '/run/openvpn-mayfly'
const sessions = `${run}/sessions`
const socket = '/run/openvpn-server/mayfly.sock'
const unit = 'openvpn-server@mayfly'

const purposes = ({ markerOids }: ServerSettings): readonly string[] => {
  const [marker] = markerOids
  return marker !== undefined && markerOids.length === 1
    ? [
        '# The marker of the tenant. AFTER remote-cert-tls: there is one setting for both, and the last one counts; OpenSSL',
        '# demands clientAuth in any case.',
        `remote-cert-eku ${marker}`,
      ]
    : [
        `# remote-cert-eku takes one marker, and the tenant has ${markerOids.length} now (${markerOids.join(', ')}): tls-verify pins the issuers, which`,
        '# sign for these alone. Write this file anew when the change is over.',
      ]
}

const serverConf = (settings: ServerSettings): string => {
  const { tenant, trust, certificate, key, pool, networks } = settings
  const { address, mask } = networkOf(pool)
  return [
    `# VPN clients of ${tenant}. Written by mayfly server-config; it replaces this file.`,
    'port 1194',
    'proto udp',
    'dev tun',
    'topology subnet',
    `server ${address} ${mask}`,
    ...networks.map(networkOf).map((to) => `push "route ${to.address} ${to.mask}"`),
    `cert ${quote.openVpn(certificate)}`,
    `key ${quote.openVpn(key)}`,
    'dh none',
    'tls-version-min 1.2',
    '# Roots and issuers, no cross certificate: OpenVPN does not start when two CAs share a name. Roots are needed, for it',
    '# takes no path that ends at an issuer; tls-verify pins the issuer.',
    `ca ${quote.openVpn(`${trust}/trust.pem`)}`,
    '# No crl-verify: certificates of clients live shortly and name no CRL.',
    'verify-client-cert require',
    'remote-cert-tls client',
    ...purposes(settings),
    'script-security 2',
    '# Puts the certificate where tls-verify reads its end.',
    `tls-export-cert ${run}`,
    `tls-verify ${programFolder}/openvpn-verify`,
    `client-connect ${programFolder}/openvpn-connect`,
    '# A server that ends a session does not tell the client, which notices after the second number of seconds.',
    'keepalive 10 30',
    '# By which the agent ends sessions. It takes one at a time, and nobody but root.',
    `management ${socket} unix`,
    'management-client-user root',
    '# duplicate-cn would let one user connect by two devices at once: the common name is the user.',
    '',
  ].join('\n')
}

const verify = ({ trust }: ServerSettings): string => `#!/bin/sh
# Accepts a certificate that one of the issuers of the bundle signed, and no other: read anew each time. $1 is the depth.
[ "$1" = 0 ] || exit 0
issuer=$(printf %s "$tls_digest_sha256_1" | tr -d : | tr A-F a-f)
[ \${#issuer} = 64 ] || exit 1
grep -qxF "$issuer" ${quote.shell(`${trust}/issuers.sha256`)} || exit 1
# Refuses whom an administrator stopped, by the list of the guard: who comes back had a tunnel until its next look.
stopped=${quote.shell(`${trust}/stopped`)}
if [ -s "$stopped" ]; then
  user=$(printf %s "$X509_0_CN" | ${spellingFilter})
  key=$(openssl x509 -in "$peer_cert" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -c1-64)
  [ \${#key} = 64 ] || exit 1
  # More than one where a name looks like a device.
  devices=$(openssl x509 -in "$peer_cert" -noout -text | grep -o 'urn:uuid:[0-9A-Fa-f-]*' | tr A-F a-f | sed 's/^urn:uuid:/device /')
  printf '%s\\n' "user $user" "key $key" "$devices" | grep -qxFf - "$stopped"
  [ $? = 1 ] || exit 1
fi
# client-connect has no peer_cert.
umask 077
cat "$peer_cert" > "${run}/$tls_serial_0"
`

const connect = ({ lifetimeSeconds }: ServerSettings): string => `#!/bin/sh
# Ends the session with the certificate. $1 gets options for this client; without an end nobody is let in.
set -eu
umask 077
mkdir -p ${sessions}
find ${run} -type f -mmin +${Math.ceil(lifetimeSeconds / 60) + 10} -delete
end=$(date -d "$(openssl x509 -in "${run}/$tls_serial_0" -noout -enddate | cut -d= -f2)" +%s)
left=$((end - $(date +%s)))
[ "$left" -gt 0 ]
# By address and beginning the agent finds the certificate of a session, and ends it when its right to it is over.
cp "${run}/$tls_serial_0" "${sessions}/$ifconfig_pool_remote_ip-$time_unix.pem"
echo "session-timeout $left" >> "$1"
`

/** OpenVPN 2.6, where every client has a certificate. */
export const openVpnRecipe: MakeRecipe = (settings) => ({
  files: [
    {
      kind: 'configuration',
      path: '/etc/openvpn/server/mayfly.conf',
      mode: 0o644,
      content: serverConf(settings),
    },
    { kind: 'program', path: `${programFolder}/openvpn-verify`, mode: 0o755, content: verify(settings) },
    { kind: 'program', path: `${programFolder}/openvpn-connect`, mode: 0o755, content: connect(settings) },
    {
      kind: 'agent',
      path: `/etc/systemd/system/${unit}.service.d/mayfly.conf`,
      mode: 0o644,
      content: '[Service]\nRuntimeDirectory=openvpn-mayfly\nRuntimeDirectoryMode=0700\n',
    },
    ...agentFiles(settings, {
      name: 'openvpn',
      guard: [{ kind: 'openvpn', socket, certificates: sessions }],
      lines: [
        '# A new file of CAs needs a restart: SIGHUP ends the tunnels as well. Clients come back by themselves.',
        `systemctl restart ${unit}`,
        ...mustRun(unit),
      ],
    }),
  ],
  steps: [
    ...agentSteps,
    `systemctl enable --now ${unit}`,
    'clients: no persist-key, and SIGUSR1 after each renewal: OpenVPN reads certificate and key at no other time',
  ],
  cannotCheck: [
    ...(settings.markerOids.length > 1 ? ['two markers at once: the pinned issuers stand in for them'] : []),
    'the UPN in the certificate: the user is the common name, which is ' +
      (settings.longUpn === 'objectId' ? 'the object id where the UPN is long' : 'the UPN'),
  ],
  ends: 'with the certificate, by session-timeout',
})
