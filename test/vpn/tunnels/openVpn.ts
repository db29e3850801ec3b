import { setTimeout as sleep } from 'node:timers/promises'
import type { Credential } from './credential.ts'
import { within } from './lab.ts'
import { follow, listens, pings, type Site, type TunnelKind, writeCredential } from './tunnelServer.ts'

const log = '/var/log/openvpn-server@mayfly.out'

/** As the unit of the package starts it. */
const unit = `mkdir -p /run/openvpn-server
install -d -m 700 /run/openvpn-mayfly
cd /etc/openvpn/server
exec openvpn --status /run/openvpn-server/status-mayfly.log --status-version 2 --suppress-timestamps --config mayfly.conf --verb 3
`

/** Starts a client as a sample client.conf has it. */
const connect = async (site: Site, credential: Credential) => {
  const { key, leaf, chain, authority } = await writeCredential(site, credential)
  const own =
    credential.key === ''
      ? '--auth-user-pass /run/nobody'
      : `--cert ${leaf} --key ${key}${credential.chain.length > 0 ? ` --extra-certs ${chain}` : ''}`
  return site.client.start(`printf 'nobody\\nnothing\\n' >/run/nobody
exec openvpn --client --dev tun --proto udp --remote ${site.server.address} 1194 --nobind --ca ${authority} ${own} \
  --remote-cert-tls server --verify-x509-name vpn.example.com name --connect-retry-max 1 --explicit-exit-notify 1 --verb 3`)
}

const isRefusal = /TLS_ERROR|TLS handshake failed|AUTH_FAILED|Initialization failed/

/** What a log says, without what it says of clients at other addresses, who may be refused meanwhile. */
const withoutOthers = (text: string, address: string): string =>
  text
    .split('\n')
    .filter((line) => !/^[\d.]+:\d+ /.test(line) || line.startsWith(`${address}:`))
    .join('\n')

/** OpenVPN, and its own client. */
export const openVpn: TunnelKind = {
  recipes: ['openvpn'],
  programs: ['openvpn'],
  bent: {
    by: "echo 'remote-cert-tls client' >>/etc/openvpn/server/mayfly.conf",
    names: /`remote-cert-tls` comes after `remote-cert-eku`/,
  },
  resumesNothing: 'OpenVPN keeps no session of TLS, on neither side: every one of its handshakes is whole',
  outlivesSeconds: 0,
  refuses: {
    expired: /depth=0, error=certificate has expired: CN=expired@/,
    'not yet valid': /depth=0, error=certificate is not yet valid/,
    'another tenant': /error=unable to get local issuer certificate: O=Woodgrove Bank/,
    'twin tenant of the same display name':
      /error=unable to get local issuer certificate: O=Contoso, CN=VPN issuer/,
    'look-alike: same names and key ids': /depth=0, error=certificate signature failure/,
    "the server's own CA": /error=self-signed certificate in certificate chain: CN=VPN servers/,
    'self-signed': /depth=0, error=self-signed certificate/,
    'a leaf as CA': /depth=1, error=invalid CA certificate/,
    'right issuer, no marker': /expects 1\.3\.6\.1\.4\.1\.311\.87\n.*VERIFY EKU ERROR/,
    'right issuer, no clientAuth': /depth=0, error=unsuitable certificate purpose/,
    'right issuer, no key purpose': /Certificate does not have extended key usage extension/,
    'none at all': /peer did not return a certificate/,
    'tainted issuer, sent along': /VERIFY SCRIPT ERROR: depth=0/,
    'once more with the same client, after the end': /depth=0, error=certificate has expired: CN=late@/,
  },
  open: (site) => ({
    prepare: () => site.server.unit('openvpn-server@mayfly', unit),
    isUp: () => listens(site.server, 'udp', 1194),
    follow: () => follow(site.server, log),
    async dial(credential) {
      const all = await follow(site.server, log)
      const said = async () => withoutOthers(await all(), site.client.address)
      const client = await connect(site, credential)
      const isOn = () => client.said().includes('Initialization Sequence Completed')
      await within(25, async () => isOn() || client.isOver() || isRefusal.test(await said()))
      const isAccepted = isOn() && (await pings(site.client))
      await client.stop()
      return { isAccepted, log: await said() }
    },
    async stay(credential) {
      const said = await follow(site.server, log)
      const client = await connect(site, credential)
      if (!(await pings(site.client, 25))) throw new Error(`It is not in: ${client.said()}${await said()}`)
      const again = async () => {
        await client.signal('USR1')
        // It pauses for five seconds, and tells the server of its end for another.
        await sleep(2_000)
        return pings(site.client, 15)
      }
      return {
        again,
        close: client.stop,
        async renew(next) {
          await writeCredential(site, next)
          await client.signal('USR1')
        },
      }
    },
  }),
}
