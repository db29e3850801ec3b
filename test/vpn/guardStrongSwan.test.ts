import { beforeEach, describe, expect, it } from 'vitest'
import { openssl } from '../openssl.ts'
import {
  ada,
  type Bench,
  bob,
  type Credential,
  ended,
  enroll,
  eve,
  guardOnce,
  keyOf,
  makeServer,
  openBench,
  taint,
} from './guardBench.ts'
import { connect, has, isRoot, makeMachine, type Machine } from './machine.ts'

let bench: Bench
beforeEach(async () => {
  if (isRoot) bench = await openBench()
})

/** A server and a client with a charon each, and a cable between them. */
const openSite = async (machine: Machine) => {
  const client = await makeMachine()
  connect(machine, client)
  await machine.online(
    'ip addr add 192.0.2.1/24 dev eth0; ip link set eth0 up; ip addr add 10.0.0.1/32 dev lo',
  )
  await client.online('ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up')
  for (const one of [machine, client]) {
    one.start('charon-systemd')
    await one.shell('for _ in $(seq 300); do [ -S /run/charon.vici ] && break; sleep 0.1; done')
  }
  await client.shell(`cp ${bench.identity.caFile} /etc/swanctl/x509ca/
cp ${bench.folder}/trust-*/certificates/*.pem /etc/swanctl/x509ca/`)
  const dial = (name: string, auth: string, id: string, { key, certificate }: Credential) =>
    client.shell(`cp ${key} /etc/swanctl/private/${name}.pem; cp ${certificate} /etc/swanctl/x509/${name}.pem
cat >/etc/swanctl/conf.d/${name}.conf <<'END'
connections { ${name} { version = 2
 remote_addrs = 192.0.2.1
 vips = 0.0.0.0
 over_time = 5s
 rand_time = 0s
 local { auth = ${auth}
  certs = ${name}.pem
  id = "${id}" }
 remote { auth = pubkey
  id = vpn.example.com }
 children { net { remote_ts = 10.0.0.0/8 } } } }
END
swanctl --load-all --noprompt >/dev/null; swanctl --initiate --child net --ike ${name}`)
  const tunnels = async () => (await client.shell('swanctl --list-sas')).match(/^\w+(?=: #)/gm) ?? []
  return { client, dial, tunnels }
}

const enrollAll = async () => {
  const [adas, bobs, eves] = await Promise.all([ada, bob, eve].map((upn) => enroll(bench, upn)))
  if (!adas || !bobs || !eves) throw new Error('Not all enrolled.')
  return { adas, bobs, eves }
}

/** The identifier of a key, by which a client may call itself. */
const keyIdentifier = ({ certificate }: Credential) =>
  openssl(['x509', '-in', certificate, '-noout', '-ext', 'subjectKeyIdentifier'])
    .toString()
    .split('\n')[1]
    ?.replaceAll(/[\s:]/g, '')

describe('mayfly agent guard', () => {
  it.skipIf(!has('charon-systemd', 'swanctl')).each([
    ['strongswan-pubkey', 'pubkey'],
    ['strongswan-eap-tls', 'eap-tls'],
  ] as const)('ends sessions of %s', async (kind, auth) => {
    const machine = await makeServer([kind], bench)
    const { client, dial, tunnels } = await openSite(machine)
    await machine.shell(`/usr/lib/mayfly/reload-${kind}`)
    const { adas, bobs, eves } = await enrollAll()
    await dial('ada', auth, ada, adas)
    await dial('bob', auth, bob, bobs)
    const before = await guardOnce(machine)
    expect(before.servers).toMatchObject([{ sessions: 2 }])
    expect(ended(before)).toEqual([])

    // Who hides the name behind the identifier of the key is seen all the same.
    await dial('eve', auth, auth === 'pubkey' ? `@#${keyIdentifier(eves)}` : eve, eves)
    bench.stop('user', eve)
    bench.stop('key', keyOf(bobs))
    const second = await guardOnce(machine)
    expect(ended(second).map(([, reason]) => reason)).toEqual(['dropped', 'dropped'])
    expect(ended(second).map(([user]) => user)).toContain(bob)
    expect(await tunnels()).toEqual(['ada'])
    // A client that answers no more, whose tunnel charon would keep for minutes.
    await client.online('ip link set eth0 down')
    await taint(bench, machine)
    // Each look is a guard that was started anew, to which charon tells no certificate any more.
    await machine.shell('swanctl --flush-certs')
    expect(ended(await guardOnce(machine))).toEqual([[ada, 'issuer-left']])
    expect(await machine.shell('swanctl --list-sas')).not.toContain('mayfly')
  })

  it.skipIf(!has('charon-systemd', 'swanctl', 'freeradius'))(
    'ends sessions of strongswan-eap-radius',
    async () => {
      const machine = await makeServer(['freeradius', 'strongswan-eap-radius'], bench)
      await machine.shell(`(umask 077; echo 'secret = "of a test"' >/etc/strongswan.d/mayfly-radius.secret)
cd /etc/freeradius/3.0; rm -f mods-enabled/eap sites-enabled/default sites-enabled/inner-tunnel
printf 'client vpn {\\n ipaddr = 127.0.0.1\\n secret = "of a test"\\n}\\n' >clients.conf
chgrp -R freerad /etc/mayfly/server; chmod 640 /etc/mayfly/server/key.pem; mkdir -p /run/freeradius`)
      await machine.start('freeradius', ['-f', '-X']).says(/Ready to process requests/)
      const { dial, tunnels } = await openSite(machine)
      await machine.shell('swanctl --load-all --noprompt')
      const { adas, bobs, eves } = await enrollAll()
      await dial('ada', 'eap-tls', ada, adas)
      await dial('bob', 'eap-tls', bob, bobs)
      await dial('eve', 'eap-tls', eve, eves)
      const look = () => guardOnce(machine, '--config /etc/mayfly/strongswan-eap-radius.toml')
      const before = await look()
      expect(before.servers).toMatchObject([{ sessions: 3 }])
      expect(ended(before)).toEqual([])
      // Who tells no certificate tells no issuer.
      await taint(bench, machine)
      expect(ended(await look())).toEqual([])
      bench.stop('user', bob)
      bench.stop('key', keyOf(eves), [{ upn: eve, objectId: null }])
      const found = await look()
      expect(ended(found)).toHaveLength(2)
      expect(ended(found)).toEqual(expect.arrayContaining([bob, eve].map((user) => [user, 'dropped'])))
      expect(found.events.filter(({ isWide }) => isWide === true)).toMatchObject([{ user: eve }])
      expect(await tunnels()).toEqual(['ada'])
    },
  )
})
