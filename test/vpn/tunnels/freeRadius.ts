import { setTimeout as sleep } from 'node:timers/promises'
import type { Credential } from './credential.ts'
import { node, within } from './lab.ts'
import { type Dialled, follow, listens, type Site, type TunnelKind, writeCredential } from './tunnelServer.ts'

const log = '/var/log/freeradius/tunnels.log'
export const radiusSecret = 'of-this-test'
const by = `-a 127.0.0.1 -s ${radiusSecret}`
const gatePort = 1899

/** As the unit of the package starts it, with a log of everything. */
export const freeRadiusUnit = `mkdir -p /var/log/freeradius /run/freeradius
exec freeradius -f -xx -l ${log}
`

/** What the recipe leaves to the administrator: what lets others in is gone, and the VPN server of this machine may ask. */
export const prepareFreeRadius = async ({ server }: Site): Promise<void> => {
  await server.run(
    `cd /etc/freeradius/3.0
rm -f mods-enabled/eap sites-enabled/default sites-enabled/inner-tunnel
cat >clients.conf
chgrp freerad /etc/mayfly/server /etc/mayfly/server/key.pem
chmod 750 /etc/mayfly/server; chmod 640 /etc/mayfly/server/key.pem`,
    `client vpn {\n  ipaddr = 127.0.0.1\n  secret = ${radiusSecret}\n}\n`,
  )
  await server.unit('freeradius', freeRadiusUnit)
}

/** Whether it answers. */
export const isFreeRadiusUp = ({ server }: Site): Promise<boolean> => listens(server, 'udp', 1812)

/** Follows what it says. */
export const followFreeRadius = ({ server }: Site) => follow(server, log)

/** Has FreeRADIUS keep sessions. */
export const freeRadiusBent: TunnelKind['bent'] = {
  by: "sed -i '/^ *cache {/,/}/s/enable = no/enable = yes/' /etc/freeradius/3.0/mods-enabled/mayfly",
  names: /sessions are resumed: `enable` in `cache` is not no/,
}

/** What FreeRADIUS says of each refusal. */
export const freeRadiusRefuses: TunnelKind['refuses'] = {
  expired: /OpenSSL says error 10 : certificate has expired/,
  'not yet valid': /OpenSSL says error 9 : certificate is not yet valid/,
  'another tenant': /OpenSSL says error 20 : unable to get local issuer certificate/,
  'twin tenant of the same display name': /OpenSSL says error 20 : unable to get local issuer certificate/,
  'look-alike: same names and key ids': /OpenSSL says error 7 : certificate signature failure/,
  "the server's own CA": /OpenSSL says error 19 : self-signed certificate in certificate chain/,
  'self-signed': /OpenSSL says error 18 : self-signed certificate/,
  'a leaf as CA': /OpenSSL says error 79 : invalid CA certificate/,
  'right issuer, no marker':
    /1\.3\.6\.1\.4\.1\.311\.87"\)\)  -> FALSE[^]*Certificate rejected by the virtual server/,
  'right issuer, no clientAuth': /OpenSSL says error 26 : unsuitable certificate purpose/,
  'right issuer, no key purpose':
    /7\.3\.2"\) \{\n.*Failed retrieving values[^]*Certificate rejected by the virtual server/,
  'none at all': /Peer NAK'd indicating it is not willing to continue/,
  'tainted issuer, sent along': /OpenSSL says error 20 : unable to get local issuer certificate/,
  'once more with the same client, after the end': /OpenSSL says error 10 : certificate has expired/,
  'resumption after the end': /OpenSSL says error 10 : certificate has expired/,
}

/** The network of wpa_supplicant's test program. */
const network = async (site: Site, credential: Credential, isTls13: boolean): Promise<string> => {
  const { key, whole, authority } = await writeCredential(site, credential)
  const own = credential.key === '' ? [] : [`client_cert="${whole}"`, `private_key="${key}"`]
  return [
    'network={',
    '  key_mgmt=WPA-EAP',
    '  eap=TLS',
    `  identity="${credential.user}"`,
    `  ca_cert="${authority}"`,
    '  domain_suffix_match="vpn.example.com"',
    ...own.map((line) => `  ${line}`),
    `  phase1="tls_disable_tlsv1_3=${isTls13 ? 0 : 1}"`,
    '}\n',
  ].join('\n')
}

/** Checks that a session ends with its certificate. @throws {Error} when it may last longer than any of them */
const checkSessionTimeout = (text: string): void => {
  const [, seconds] = /Access-Accept[^]*Session-Timeout := (\d+)/.exec(text) ?? []
  if (seconds === undefined || Number(seconds) > 3600) throw new Error(`The Session-Timeout is ${seconds}.`)
}

/** FreeRADIUS, and eapol_test on the same machine, as a VPN server would be. */
export const freeRadius = (isTls13: boolean): TunnelKind => ({
  recipes: ['freeradius'],
  programs: ['freeradius', 'eapol_test'],
  bent: freeRadiusBent,
  refuses: freeRadiusRefuses,
  open: (site) => {
    // Several may dial at a time, all on the machine of the server.
    const { name } = site.client
    const dial = async (credential: Credential): Promise<Dialled> => {
      const said = await followFreeRadius(site)
      const { said: client } = await site.server.attempt(
        `cat >/run/${name}; exec eapol_test -c /run/${name} ${by} -t 10 -r 0`,
        await network(site, credential, isTls13),
      )
      const isAccepted = /^SUCCESS$/m.test(client) && client.includes('MPPE keys OK: 1  mismatch: 0')
      const version = /Using TLS version (\S+)/.exec(client)?.[1]
      if (isAccepted && version !== (isTls13 ? 'TLSv1.3' : 'TLSv1.2'))
        throw new Error(`eapol_test used ${version}.`)
      const text = await said()
      if (isAccepted) checkSessionTimeout(text)
      return { isAccepted, log: text }
    }
    return {
      prepare: () => prepareFreeRadius(site),
      isUp: () => isFreeRadiusUp(site),
      follow: () => followFreeRadius(site),
      dial,
      async resume(begin) {
        const gate = site.server.start(`exec ${node} test/vpn/tunnels/radiusGate.ts ${gatePort}`)
        if (!(await within(35, () => gate.said().includes('open')))) throw new Error(gate.said())
        const { credential, endsAt } = begin()
        await site.server.run(`cat >/run/${name}`, await network(site, credential, isTls13))
        // eapol_test begins anew when it waited for half a minute.
        await sleep(Math.max(0, endsAt - 25_000 - Date.now()))
        const client = site.server.start(
          `exec eapol_test -c /run/${name} ${by} -p ${gatePort} -t 60 -r 1 </dev/null`,
        )
        const isIn = await within(20, () => gate.said().includes('accepted'))
        if (!isIn) throw new Error(`It is not in: ${client.said()}`)
        await sleep(Math.max(0, endsAt + 2_000 - Date.now()))
        const said = await followFreeRadius(site)
        gate.end()
        await within(60, client.isOver)
        await gate.stop()
        return { isAccepted: /^SUCCESS$/m.test(client.said()), log: await said() }
      },
    }
  },
})
