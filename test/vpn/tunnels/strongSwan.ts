import { mostSeconds } from '../../../client/serverConfig/mostSeconds.ts'
import type { Credential } from './credential.ts'
import { follow, pings, type Site, type TunnelKind, type TunnelServer } from './tunnelServer.ts'
import {
  followFreeRadius,
  isFreeRadiusUp,
  freeRadiusRefuses,
  prepareFreeRadius,
  radiusSecret,
} from './freeRadius.ts'
import type { LabMachine } from './lab.ts'

const log = '/var/log/strongswan.out'

/** As the unit of the package starts it. A kernel may lack ESP: charon has its own. */
const settings = `charon {
  # Those who are refused stay half open for a while, and all come from one address.
  block_threshold = 100
  cookie_threshold = 100
  cookie_threshold_ip = 100
  plugins {
    kernel-libipsec {
      load = yes
    }
  }
}
charon-systemd {
  filelog {
    stderr {
      default = 1
      cfg = 2
      flush_line = yes
    }
  }
}
`

const startCharon = async (machine: LabMachine): Promise<void> => {
  await machine.run('cat >/etc/strongswan.d/test.conf', settings)
  await machine.unit('strongswan', 'exec charon-systemd\n')
  await machine.run('systemctl start strongswan; while [ ! -S /run/charon.vici ]; do sleep 0.1; done')
}

type Way = 'pubkey' | 'eap-tls' | 'eap-radius'

/**
 * What docs/client-setups.md gives a client, but for an over_time that is below the reauth_time of the server where certificates
 * live 5 minutes: it would reauthenticate at once, in a loop. The identity is what is written in the certificate as UPN.
 */
const clientConnection = (site: Site, { user, key }: Credential, way: Way): string => `connections {
  vpn {
    version = 2
    remote_addrs = ${site.server.address}
    vips = 0.0.0.0
    reauth_time = 10m
    over_time = 5s
    local {
      auth = ${way === 'pubkey' ? (key === '' ? 'psk' : 'pubkey') : 'eap-tls'}
      id = "${user}"
    }
    remote {
      auth = pubkey
      id = vpn.example.com
      revocation = relaxed
    }
    children {
      net {
        remote_ts = 10.88.0.0/24
      }
    }
  }
}
secrets {
  ike-nothing {
    secret = nothing
  }
}
`

/** Gives a client its files, and nothing of the client before it. */
const load = async ({ client, gateway }: Site, credential: Credential, connection: string): Promise<void> => {
  const { key, leaf, chain, roots = [] } = credential
  const files = [
    ['x509ca/gateway.pem', gateway.authority],
    ...[...chain, ...roots].map((pem, index) => [`x509ca/${index}.pem`, pem] as const),
    ['conf.d/vpn.conf', connection],
    ...(key === ''
      ? []
      : ([
          ['x509/client.pem', leaf],
          ['private/client.pem', key],
        ] as const)),
  ] as const
  const writes = files.map(([name, text]) => `cat >${name} <<'END'\n${text}\nEND`)
  await client.run(`cd /etc/swanctl; rm -f x509ca/* x509/* private/* conf.d/*; umask 077
${writes.join('\n')}
swanctl --load-all --clear --noprompt; swanctl --flush-certs`)
}

/** Gives a client the next certificate with its key, as the hook for clients does: what it has stays, and the last one counts. */
const loadNext = async ({ client }: Site, { key, leaf }: Credential): Promise<void> => {
  for (const [file, text] of [
    ['private/client.pem', key],
    ['x509/client.pem', leaf],
  ] as const)
    await client.run(`umask 077; cat >/etc/swanctl/${file}`, text)
  await client.run('swanctl --load-creds --noprompt')
}

const openStrongSwan = (site: Site, way: Way): TunnelServer => {
  const isRadius = way === 'eap-radius'
  const followAll = async () => {
    const said = await follow(site.server, log)
    const radius = isRadius ? await followFreeRadius(site) : () => Promise.resolve('')
    return async () => (await said()) + (await radius())
  }
  return {
    async prepare() {
      const { server, gateway } = site
      await server.run('cat >/etc/swanctl/x509/mayfly-server.pem', gateway.certificate)
      await server.run('umask 077; cat >/etc/swanctl/private/mayfly-server.pem', gateway.key)
      await server.run('cat >/etc/swanctl/x509ca/gateway.pem', gateway.authority)
      if (isRadius) {
        await prepareFreeRadius(site)
        await server.run(
          `umask 077; echo 'secret = "${radiusSecret}"' >/etc/strongswan.d/mayfly-radius.secret`,
        )
      }
      if (!isRadius) await startCharon(server)
    },
    prepareClient: () => startCharon(site.client),
    async finish() {
      if (!isRadius) return
      await startCharon(site.server)
      await site.server.run('swanctl --load-all --noprompt')
    },
    isUp: () => (isRadius ? isFreeRadiusUp(site) : Promise.resolve(true)),
    follow: followAll,
    async dial(credential) {
      const said = await followAll()
      await load(site, credential, clientConnection(site, credential, way))
      const { code } = await site.client.attempt('swanctl --initiate --child net --timeout 20')
      const isAccepted = code === 0 && (await pings(site.client))
      await site.client.attempt('swanctl --terminate --ike vpn --timeout 5')
      return { isAccepted, log: await said() }
    },
    async stay(credential) {
      const said = await followAll()
      const use = (one: Credential) => load(site, one, clientConnection(site, one, way))
      const initiate = () => site.client.attempt('swanctl --initiate --child net --timeout 10')
      await use(credential)
      const { said: answer } = await initiate()
      if (!(await pings(site.client))) throw new Error(`It is not in: ${answer}${await said()}`)
      return {
        renew: (next) => loadNext(site, next),
        async again() {
          await initiate()
          return pings(site.client, 5)
        },
        close: async () => void (await site.client.attempt('swanctl --terminate --ike vpn --timeout 5')),
      }
    },
  }
}

const { reauth, over } = mostSeconds({ lifetimeSeconds: 300 })

/** strongSwan on both sides. */
const strongSwan = (way: Way, refuses: TunnelKind['refuses']): TunnelKind => ({
  recipes: way === 'eap-radius' ? ['freeradius', 'strongswan-eap-radius'] : [`strongswan-${way}`],
  programs: ['charon-systemd', 'swanctl', ...(way === 'eap-radius' ? ['freeradius'] : [])],
  // The kernel routes by policies, even where charon has an ESP of its own.
  trial: 'ip xfrm policy list',
  bent: {
    by: "sed -i 's/over_time = .*/over_time = 24m/' /etc/swanctl/conf.d/mayfly.conf",
    names: /`over_time` is missing, or long/,
  },
  resumesNothing:
    'charon has no session resumption of IKEv2 (RFC 5723), and keeps no session of TLS, on neither side',
  // FreeRADIUS says when it ends, and charon gives two seconds; else reauth_time and over_time have to pass.
  outlivesSeconds: way === 'eap-radius' ? 2 : reauth + over,
  refuses,
  ...(way === 'eap-radius' ? { guardedBy: 'strongswan-eap-radius.toml' } : {}),
  open: (site) => openStrongSwan(site, way),
})

/** What charon says where it verifies the certificate itself. */
const refuses: TunnelKind['refuses'] = {
  expired: /subject certificate invalid \(valid from .* to /,
  'not yet valid': /subject certificate invalid \(valid from .* to /,
  'another tenant': /no issuer certificate found for "CN=woodgrove@/,
  'twin tenant of the same display name': /no issuer certificate found for "CN=twin@/,
  'look-alike: same names and key ids': /no issuer certificate found for "CN=alike@/,
  "the server's own CA": /peer not authenticated by CA 'O=Contoso, CN=VPN issuer/,
  'self-signed': /no trusted .* public key found for 'self@|no issuer certificate found for "CN=self@/,
  'a leaf as CA': /no issuer certificate found for "CN=under@/,
  'right issuer, no marker': 'cannot tell',
  'right issuer, no clientAuth': 'cannot tell',
  'right issuer, no key purpose': 'cannot tell',
  'none at all': /no shared key found for 'vpn.example.com' - 'nobody@/,
  'tainted issuer, sent along': /peer not authenticated by CA 'O=Contoso, CN=VPN issuer/,
  'once more with the same client, after the end': /subject certificate invalid \(valid from .* to /,
}

/** The same, where the certificate comes by TLS. */
const refusesByTls: TunnelKind['refuses'] = {
  ...refuses,
  'another tenant': /no trusted certificate found for 'woodgrove@/,
  'twin tenant of the same display name': /no trusted certificate found for 'twin@/,
  'look-alike: same names and key ids': /no trusted certificate found for 'alike@/,
  'self-signed': /self-signed certificate "CN=self@.* is not trusted/,
  'none at all': /no certificate sent by peer/,
}

/** What FreeRADIUS says where charon is the client, which sends no certificate whose path it cannot build. */
const refusesByRadius: TunnelKind['refuses'] = {
  ...freeRadiusRefuses,
  "the server's own CA": /OpenSSL says error 20 : unable to get local issuer certificate/,
  'a leaf as CA': /OpenSSL says error 20 : unable to get local issuer certificate/,
  'none at all': /peer did not return a certificate/,
}

export const strongSwanPubkey = strongSwan('pubkey', refuses)
export const strongSwanEapTls = strongSwan('eap-tls', refusesByTls)
export const strongSwanEapRadius = strongSwan('eap-radius', refusesByRadius)
