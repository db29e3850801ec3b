import { setTimeout as sleep } from 'node:timers/promises'
import type { Credential } from './credential.ts'
import { within } from './lab.ts'
import { follow, listens, pings, type Site, type TunnelKind, writeCredential } from './tunnelServer.ts'

const log = '/var/log/ocserv.out'

/** As the unit of the package starts it, with a log that tells how programs ended. */
const unit =
  'exec ocserv --foreground --pid-file /run/ocserv.pid --config /etc/ocserv/ocserv.conf --debug 3\n'

const connect = async (site: Site, credential: Credential, more = '') => {
  const { key, whole, authority } = await writeCredential(site, credential)
  const own = credential.key === '' ? '' : `--certificate ${whole} --sslkey ${key}`
  return site.client.start(
    `exec openconnect --non-inter --no-dtls --cafile ${authority} ${own} ${more} vpn.example.com </dev/null`,
  )
}

/** Has a client in by a cookie, and has it leave without an end of its session. @returns whether it was in */
const byCookie = async (site: Site, credential: Credential, cookie: string): Promise<boolean> => {
  const client = await connect(site, credential, `--cookie '${cookie}'`)
  const isIn = await pings(site.client)
  await client.signal('HUP')
  await within(5, client.isOver)
  await client.stop()
  return isIn
}

/** ocserv, and openconnect. */
export const ocserv: TunnelKind = {
  recipes: ['ocserv'],
  programs: ['ocserv', 'openconnect'],
  bent: {
    by: "sed -i '/^rekey-method/s/new-tunnel/ssl/' /etc/ocserv/ocserv.conf",
    names: /`rekey-method` is not `new-tunnel`/,
  },
  outlivesSeconds: 25,
  refusesStopped: /connect-script exit status: 1/,
  refuses: {
    expired: /verification failed: .* uses expired certificate/,
    'not yet valid': /verification failed: .* uses not yet valid certificate/,
    'another tenant': /verification failed: .* The certificate issuer is unknown/,
    'twin tenant of the same display name': /verification failed: .* The certificate issuer is unknown/,
    'look-alike: same names and key ids': /verification failed: .* The certificate issuer is unknown/,
    "the server's own CA": /verification failed: .* The certificate issuer is unknown/,
    'self-signed': /verification failed: .* The certificate issuer is unknown/,
    'a leaf as CA': /verification failed: .* chain violates the signer's constraints/,
    'right issuer, no marker': 'cannot tell',
    'right issuer, no clientAuth': 'cannot tell',
    'right issuer, no key purpose': 'cannot tell',
    'none at all': /Certificate is required/,
    'tainted issuer, sent along': /verification failed: .* The certificate issuer is unknown/,
    'once more with the same client, after the end': /uses expired certificate/,
    'resumption after the end': /uses expired certificate[^]*Certificate is required/,
  },
  open: (site) => ({
    prepare: () => site.server.unit('ocserv', unit),
    isUp: () => listens(site.server, 'tcp', 443),
    follow: () => follow(site.server, log),
    async dial(credential) {
      const said = await follow(site.server, log)
      const client = await connect(site, credential)
      const isOn = () => /Connected as|Configured as/.test(client.said())
      await within(25, () => isOn() || client.isOver())
      const isAccepted = isOn() && (await pings(site.client))
      await client.signal('INT')
      await within(3, client.isOver)
      await client.stop()
      return { isAccepted, log: await said() }
    },
    async resume(begin) {
      const { credential, endsAt } = begin()
      const before = await follow(site.server, log)
      const asked = await connect(site, credential, '--authenticate')
      await within(30, asked.isOver)
      const cookie = /^COOKIE='([^']+)'$/m.exec(asked.said())?.[1]
      if (cookie === undefined) throw new Error(`There is no cookie: ${asked.said()}${await before()}`)
      if (!(await byCookie(site, credential, cookie)))
        throw new Error(`The cookie does not let in: ${await before()}`)
      await sleep(Math.max(0, endsAt + 2_000 - Date.now()))
      const said = await follow(site.server, log)
      const isAccepted =
        (await byCookie(site, credential, cookie)) ||
        (await byCookie(site, { ...credential, key: '' }, cookie))
      return { isAccepted, log: await said() }
    },
    async stay(credential) {
      const said = await follow(site.server, log)
      let client = await connect(site, credential)
      if (!(await pings(site.client, 25))) throw new Error(`It is not in: ${client.said()}${await said()}`)
      return {
        // A reconnect by its cookie.
        async again() {
          await client.signal('USR2')
          return pings(site.client, 10)
        },
        async close() {
          await client.signal('INT')
          await client.stop()
        },
        async renew(next) {
          await client.signal('INT')
          await within(5, client.isOver)
          client = await connect(site, next)
        },
      }
    },
  }),
}
