import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { vpnTomlOf } from '../client/vpnProfile/vpnTomlOf.ts'
import { type Gateway, makeGateway } from './gateway.ts'
import { connect, has, isRoot, makeMachine, type Machine } from './machine.ts'
import { makeStages } from './stages.ts'

let folder: string
let stage: Awaited<ReturnType<typeof makeStages>>['fresh']
let gateway: Gateway

beforeAll(async () => {
  if (!isRoot) return undefined
  folder = await mkdtemp(join(tmpdir(), 'mayfly-servers-'))
  stage = (await makeStages(join(folder, 'stages'))).fresh
  gateway = await makeGateway(folder)
  return () => rm(folder, { recursive: true, force: true })
})

const write = (machine: Machine, file: string, text: string) =>
  machine.shell(`install -D -m 600 /dev/stdin '${file}' <<'END'\n${text.trimEnd()}\nEND`)

/** What a server shows: its own certificate, or that of a client of the tenant with its chain. */
const shown = async (what: 'its own' | 'a leaf') => {
  if (what === 'its own') return { key: gateway.key, whole: gateway.certificate, roots: gateway.authority }
  const { key, whole, roots } = stage.client
  const [keyPem, wholePem, rootsPem] = await Promise.all(
    [key, whole, roots].map((file) => readFile(file, 'utf8')),
  )
  return { key: keyPem ?? '', whole: wholePem ?? '', roots: rootsPem ?? '' }
}

/** Two machines at a cable; the second has the profile of a client, and the tenant's certificates. */
const opened = async (platform: 'openvpn' | 'strongswan') => {
  const [server, client] = [await makeMachine(), await makeMachine()]
  connect(server, client)
  await server.online('ip addr add 192.0.2.1/24 dev eth0; ip link set eth0 up')
  await client.online('ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up')
  await client.shell('echo 192.0.2.1 vpn.example.com >>/etc/hosts')
  await write(client, '/etc/mayfly/server-ca.pem', gateway.authority)
  const user = { routes: ['10.1.0.0/16'] }
  const names = { names: ['vpn.example.com'], ca: 'server-ca.pem' }
  await write(client, '/etc/mayfly/vpn.toml', vpnTomlOf({ user }, { server: names }))
  await client.shell(`install -d /var/lib/mayfly; cp -r '${stage.folder}' /var/lib/mayfly/vpn
cp '${stage.client.whole}' /var/lib/mayfly/vpn/chain.pem
mayfly profile ${platform} -f /etc/mayfly/vpn.toml --out / --user ann@contoso.example`)
  return { server, client }
}

const openVpnServer = async (machine: Machine, what: Parameters<typeof shown>[0]) => {
  const { key, whole } = await shown(what)
  const roots = await readFile(stage.client.roots, 'utf8')
  await write(machine, '/etc/server.key', key)
  await write(machine, '/etc/server.pem', whole)
  await write(machine, '/etc/clients.pem', roots)
  const words =
    '--dev tun --server 10.98.0.0 255.255.255.0 --topology subnet --dh none --ca /etc/clients.pem --cert /etc/server.pem --key /etc/server.key'
  await machine.start('openvpn', words.split(' ')).says(/Initialization Sequence Completed/)
}

const profileOf = {
  openvpn: '/etc/openvpn/client/mayfly-contoso-user.conf',
  strongswan: '/etc/swanctl/conf.d/mayfly-contoso-user.conf',
} as const

const dialled = async (client: Machine) => {
  await client.shell('mkdir -p /run/openvpn-client')
  return client.start('openvpn', ['--config', profileOf.openvpn, '--nobind'])
}

describe.skipIf(!has('openvpn'))('the profile for OpenVPN', () => {
  it('takes its own server, and never a certificate of the tenant for it', async () => {
    const own = await opened('openvpn')
    await openVpnServer(own.server, 'its own')
    await (await dialled(own.client)).says(/\[vpn\.example\.com\] Peer Connection Initiated/)
    const { server, client } = await opened('openvpn')
    await openVpnServer(server, 'a leaf')
    await (
      await dialled(client)
    ).says(/VERIFY ERROR: [^\n]*unable to get (local )?issuer[^]*TLS handshake failed/)
    // It is the roots that refuse it. With those of the tenant its purpose would, and nothing else but its name.
    await client.shell(`sed -i '/<ca>/,/<.ca>/d' ${profileOf.openvpn}
cat '${stage.client.roots}' >/etc/roots.pem; echo 'ca /etc/roots.pem' >>${profileOf.openvpn}`)
    await (await dialled(client)).says(/VERIFY ERROR: [^\n]*unsuitable certificate purpose/)
  })
})

const swanctlServer = async (machine: Machine, what: Parameters<typeof shown>[0]) => {
  const { key, whole, roots } = await shown(what)
  await write(machine, '/etc/swanctl/private/server.pem', key)
  await write(machine, '/etc/swanctl/x509/server.pem', whole)
  await write(machine, '/etc/swanctl/x509ca/roots.pem', roots)
  await machine.shell(`cp '${stage.certificates}'/*.pem /etc/swanctl/x509ca/`)
  await write(
    machine,
    '/etc/swanctl/conf.d/server.conf',
    `connections { server {
version = 2
pools = clients
local { auth = pubkey
certs = server.pem
${what === 'its own' ? 'id = vpn.example.com' : ''} }
remote { auth = eap-tls
eap_id = %any
id = %any }
children { net { local_ts = 10.1.0.0/16
} } } }
pools { clients { addrs = 10.99.0.0/24
} }`,
  )
  machine.start('charon-systemd')
  await machine.online(
    'for _ in $(seq 300); do [ -S /run/charon.vici ] && break; sleep 0.2; done; swanctl --load-all --noprompt',
  )
}

const swanctlClient = async (machine: Machine) => {
  await machine.shell(`cp '${stage.certificates}'/*.pem /etc/swanctl/x509ca/
install -D -m 600 '${stage.client.key}' /etc/swanctl/private/mayfly-contoso.pem
cp '${stage.client.certificate}' /etc/swanctl/x509/mayfly-contoso.pem
sed -i 's/start_action = start/start_action = none/; s/close_action = start/close_action = none/' ${profileOf.strongswan}`)
  const charon = machine.start('charon-systemd')
  return {
    dial: async (): Promise<string> => {
      const before = charon.said().length
      await machine.online(
        'for _ in $(seq 300); do [ -S /run/charon.vici ] && break; sleep 0.2; done; swanctl --load-all --noprompt; swanctl --initiate --child user --timeout 10 || :',
      )
      return vi.waitFor(() => {
        const said = charon.said().slice(before)
        expect(said).toMatch(/parsed IKE_AUTH response/)
        return said
      }, 60_000)
    },
  }
}

describe.skipIf(!has('charon-systemd', 'swanctl'))('the profile for strongSwan', () => {
  it('takes its own server, and never a certificate of the tenant for it', async () => {
    const own = await opened('strongswan')
    await swanctlServer(own.server, 'its own')
    const accepted = /authentication of '[^']*' with \S+ successful/
    const ownSaid = await (await swanctlClient(own.client)).dial()
    expect(ownSaid).toMatch(/authentication of 'vpn\.example\.com' with \S+ successful/)
    const { server, client } = await opened('strongswan')
    await swanctlServer(server, 'a leaf')
    const { dial } = await swanctlClient(client)
    expect(await dial()).not.toMatch(accepted)
    // By the roots alone, whatever its name: the client holds those of the tenant, to send its own chain.
    await client.shell(`sed -i 's/id = "vpn.example.com"/id = %any/' ${profileOf.strongswan}`)
    const pinned = await dial()
    expect(pinned).toMatch(/constraint check failed|no trusted|constraint requires/)
    await client.shell(`sed -i '/cacerts = /d' ${profileOf.strongswan}`)
    expect(await dial()).toMatch(accepted)
  })
})
