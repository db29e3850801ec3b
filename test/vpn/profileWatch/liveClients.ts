import { isThere } from '../program.ts'
import { canTunnel } from '../tunnels/canTunnel.ts'
import type { LabMachine } from '../tunnels/lab.ts'
import { startNetworkManager } from './networkManager.ts'
import { openVpn } from '../tunnels/openVpn.ts'
import { strongSwanEapRadius, strongSwanEapTls } from '../tunnels/strongSwan.ts'
import type { TunnelKind } from '../tunnels/tunnelServer.ts'

/** A VPN client whose profile Mayfly writes, with the server that it dials. */
export interface LiveClient {
  readonly server: TunnelKind
  /** Programs of the client, beside those of the server. */
  readonly programs: readonly string[]
  /** The file that has the routes. */
  readonly profile: string
  /** What `mayfly profile` is told of the client. */
  readonly words: readonly string[]
  /** What the watch runs to apply a profile, which it knows by these words. */
  readonly applies: { readonly program: string; readonly when: string }
  /** Does once what its packages and the agent do. */
  readonly prepare: (client: LabMachine) => Promise<void>
  /** Has its daemon read the profile, where it does not at each start. */
  readonly load?: string
  /** Connects by what the daemon read last. */
  readonly connect: (client: LabMachine) => Promise<void>
  readonly hangUp: (client: LabMachine) => Promise<void>
}

/** Whether clients and servers may be on one wire here. */
export const isPossible = canTunnel()

/** Whether there are the programs of a client, and of its server, besides. */
export const isHere = ({ server, programs }: LiveClient): boolean =>
  isPossible && isThere(...server.programs, ...programs)

/** As the unit of the package starts it. */
const openVpnUnit = `mkdir -p /run/openvpn-client
cd /etc/openvpn/client
exec openvpn --suppress-timestamps --nobind --config mayfly-contoso-user.conf
`

const agentHook = `MAYFLY_TENANT=contoso
MAYFLY_KEY_FILE=/var/lib/mayfly/vpn/key.pem
MAYFLY_CERTIFICATE_FILE=/var/lib/mayfly/vpn/certificate.pem
MAYFLY_TRUST_CERTIFICATES=/var/lib/mayfly/trust/certificates
export MAYFLY_TENANT MAYFLY_KEY_FILE MAYFLY_CERTIFICATE_FILE MAYFLY_TRUST_CERTIFICATES
for event in trust-changed renewed; do MAYFLY_EVENT=$event sh infra/client/hooks/strongswan-client; done`

const keyfile = '/etc/NetworkManager/system-connections/mayfly-contoso-user.nmconnection'

/** The clients by what the commands call them. */
export const liveClients = {
  openvpn: {
    server: openVpn,
    programs: [],
    profile: '/etc/openvpn/client/mayfly-contoso-user.conf',
    applies: { program: 'openvpn', when: '--config stdin' },
    words: ['openvpn'],
    prepare: (client) => client.unit('openvpn-client@mayfly-contoso-user', openVpnUnit),
    connect: async (client) => void (await client.run('systemctl start openvpn-client@mayfly-contoso-user')),
    hangUp: async (client) => void (await client.run('systemctl stop openvpn-client@mayfly-contoso-user')),
  },
  strongswan: {
    server: strongSwanEapTls,
    programs: [],
    profile: '/etc/swanctl/conf.d/mayfly-contoso-user.conf',
    applies: { program: 'swanctl', when: '--load-conns' },
    words: ['strongswan', '--user', 'ada@contoso.example'],
    prepare: async (client) => void (await client.run(agentHook)),
    load: 'swanctl --load-all --noprompt',
    // One that is always on comes by itself: of two the server ends one, which comes again, and so on.
    connect: async (client) =>
      void (await client.attempt(
        'swanctl --list-sas | grep -q mayfly || swanctl --initiate --child user --timeout 20',
      )),
    hangUp: async (client) =>
      void (await client.run(`swanctl --terminate --ike mayfly-contoso-user --timeout 5
for _ in $(seq 20); do
  swanctl --list-sas | grep -q mayfly || break
  sleep 0.5; swanctl --terminate --ike mayfly-contoso-user --timeout 5 || :
done`)),
  },
  networkmanager: {
    // Certificate alone would have charon-nm, whose over_time is 10 minutes, reauthenticate all the time.
    server: strongSwanEapRadius,
    programs: ['NetworkManager', 'nmcli', 'dbus-daemon', '/usr/lib/ipsec/charon-nm'],
    profile: keyfile,
    applies: { program: 'nmcli', when: 'connection load' },
    words: ['networkmanager', '--user', 'ada@contoso.example'],
    prepare: startNetworkManager,
    load: `nmcli connection load ${keyfile}`,
    connect: async (client) =>
      void (await client.run(
        'nmcli --wait 30 connection up id Contoso || nmcli --wait 30 connection up id Contoso',
      )),
    hangUp: async (client) => void (await client.run('nmcli connection down id Contoso')),
  },
} satisfies Readonly<Record<string, LiveClient>>
