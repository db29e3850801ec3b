import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { connect, has, isRoot, makeMachine, type Machine, until } from './machine.ts'
import { openSetupsWorld, type SetupsWorld } from './setupsWorld.ts'

let world: SetupsWorld

beforeAll(async () => {
  if (!isRoot) return undefined
  world = await openSetupsWorld()
  return () => world[Symbol.asyncDispose]()
})

const write = (machine: Machine, file: string, content: string, mode = '600'): Promise<string> =>
  machine.shell(`install -D -m ${mode} /dev/stdin '${file}' <<'END'\n${content.trimEnd()}\nEND`)

/** Lets the time come that the agent waits for, and has it look: it renews, and its hook succeeds, on a busy machine not at once. */
const renew = async (machine: Machine, folder: string, user?: 'ada'): Promise<void> => {
  const past = `sed -Ei 's/"(renewAt|retryAt)": "[^"]*"/"\\1": "2026-01-01T00:00:00Z"/' ${folder}/agent.json`
  let told = await machine.shell(`${past}\nmayfly agent --once`, user)
  expect(told).toContain('"event":"renewed"')
  for (let looks = 0; looks < 2 && !told.includes('"event":"hook-ran"'); looks++)
    told += await machine.shell('mayfly agent --once', user)
  expect(told).toContain('"event":"hook-ran"')
}

/** Makes sure that `agent install` wrote a unit, and had systemd begin it. */
const checkInstalled = async (machine: Machine, folder: string, user?: 'ada'): Promise<void> => {
  const words = user === undefined ? '' : '--user '
  const told = await machine.shell('cat /run/systemctl.asked')
  expect(told).toContain(`${words}enable --now mayfly-agent.service\n`)
  expect(await machine.shell(`cat ${folder}/mayfly-agent.service`)).toMatch(/^ExecStart=.*mayfly\.toml"$/m)
}

const serialIn = async (machine: Machine, folder: string): Promise<string> =>
  new X509Certificate(await machine.shell(`cat ${folder}/certificate.pem`)).serialNumber.toLowerCase()

/** Puts two machines at one cable: 192.0.2.1, known as vpn.example.com, and 192.0.2.2. */
const connected = async (gateway: Machine, client: Machine): Promise<void> => {
  connect(gateway, client)
  await gateway.online(
    'ip addr add 192.0.2.1/24 dev eth0; ip link set eth0 up; ip addr add 10.0.0.1/32 dev lo',
  )
  await client.online('ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up')
  await client.shell('echo 192.0.2.1 vpn.example.com >>/etc/hosts')
}

const startCharon = async (machine: Machine): Promise<void> => {
  machine.start('charon-systemd')
  await until(machine, 'test -S /run/charon.vici')
}

/** A gateway that has what the page supposes. */
const bareGateway = async (): Promise<Machine> => {
  const machine = await makeMachine()
  const { key, certificate, authority } = world.gateway
  await write(machine, '/etc/swanctl/private/server.pem', key)
  await write(machine, '/etc/swanctl/x509/server.pem', certificate)
  // An authority of others, whose certificates must let nobody in.
  await write(machine, '/etc/swanctl/x509ca/vpn-server-ca.pem', authority)
  await write(machine, '/run/here/gateway.secret', world.secret)
  await startCharon(machine)
  return machine
}

/** A gateway that is set up as the page says. */
const openGateway = async (): Promise<Machine> => {
  const machine = await bareGateway()
  for (const block of world.blocksUnder('VPN server')) await machine.shell(block)
  return machine
}

/** A gateway of OpenVPN, which writes down whose certificates come. */
const openVpnGateway = async (): Promise<Machine> => {
  const machine = await makeMachine()
  await write(machine, '/etc/gateway.key', world.gateway.key)
  await write(machine, '/etc/gateway.pem', world.gateway.certificate)
  await write(machine, '/etc/gateway-seen', '#!/bin/sh\necho "$tls_serial_hex_0" >>/run/seen', '755')
  await machine.shell(`curl -sSf ${world.url}/v1/contoso/trust.pem >/etc/gateway-trust.pem`)
  const own = '--cert /etc/gateway.pem --key /etc/gateway.key --ca /etc/gateway-trust.pem --dh none'
  const words = `--dev tun --server 10.98.0.0 255.255.255.0 --topology subnet --remote-cert-tls client ${own}`
  const scripts = ['--script-security', '2', '--client-connect', '/etc/gateway-seen']
  await machine.start('openvpn', [...words.split(' '), ...scripts]).says(/Initialization Sequence Completed/)
  return machine
}

/** A browser whose user is signed in: it follows redirects, with its cookies. */
const browser = '#!/bin/sh\nexec curl -sSfL -o /dev/null -c /tmp/$$.cookies -b /tmp/$$.cookies "$1"'

/** Lists charon-nm where it is in the network of the machine. */
const processesInside =
  'for one in /proc/[0-9]*; do if [ "$(readlink $one/ns/net)" = "$(readlink /proc/self/ns/net)" ] && grep -qx charon-nm $one/comm; then echo ${one#/proc/}; fi; done'

/**
 * Starts NetworkManager, on a bus of its own, and has it use the cable.
 * @returns what takes note of the charon-nm that it started, which must be gone after the test.
 */
const startNetworkManager = async (machine: Machine): Promise<() => Promise<void>> => {
  await machine.shell(`mkdir -p /run/dbus
printf '[main]\\nauth-polkit=false\\ndns=none\\nno-auto-default=*\\n' >/etc/NetworkManager/conf.d/test.conf`)
  machine.start('dbus-daemon', ['--system', '--nofork', '--nopidfile'])
  await until(machine, 'test -S /run/dbus/system_bus_socket')
  // What it starts, such as charon-nm, leaves its tree: it ends with the process that is the first of their own numbers.
  const inside: string[] = []
  onTestFinished(() =>
    vi.waitFor(() => expect(inside.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]), 60_000),
  )
  machine.start('unshare', ['--pid', '--fork', '--kill-child', 'NetworkManager', '--debug'])
  await until(machine, 'nmcli general status')
  const address = 'ipv4.method manual ipv4.addresses 192.0.2.2/24 ipv4.gateway 192.0.2.1'
  await machine.shell(`nmcli connection add type ethernet ifname eth0 con-name lan ${address}`)
  // It may know of the cable later than it answers.
  await until(machine, 'nmcli --wait 10 connection up lan')
  return async () => {
    inside.push(...(await machine.online(processesInside)).split('\n').filter(Boolean))
    expect(inside).not.toEqual([])
  }
}

/** The serial numbers of the clients' certificates that a gateway has seen. */
const seenBy = async (gateway: Machine): Promise<readonly string[]> => {
  const listed = await gateway.shell('swanctl --list-certs --type x509 --flag none')
  return [...listed.matchAll(/^ +serial: +([\da-f:]+)$/gm)].map(([, serial = '']) =>
    serial.replaceAll(':', ''),
  )
}

describe('the set-ups of docs/client-setups.md, run as they stand', () => {
  it.skipIf(!has('curl', 'NetworkManager', 'nmcli', '/usr/lib/ipsec/charon-nm', 'charon-systemd', 'swanctl'))(
    'laptop with NetworkManager: signed in once by the browser, connected anew with the next certificate',
    async () => {
      const [gateway, laptop] = [await openGateway(), await makeMachine()]
      await connected(gateway, laptop)
      await write(laptop, '/etc/ssl/certs/vpn-server-ca.pem', world.gateway.authority, '644')
      await write(laptop, '/usr/local/bin/xdg-open', browser, '755')
      const note = await startNetworkManager(laptop)
      const [once = '', block = ''] = world.blocksUnder('Laptop with NetworkManager')
      await laptop.shell(once)
      await laptop.shell(`export DISPLAY=:0\n${block}`, 'ada')
      const folder = '/home/ada/.config/mayfly/vpn'
      const first = await serialIn(laptop, folder)
      expect(await seenBy(gateway)).toContain(first)
      await laptop.shell('rm /usr/local/bin/xdg-open')
      await renew(laptop, folder, 'ada')
      const second = await serialIn(laptop, folder)
      expect(await seenBy(gateway)).toContain(second)
      expect(second).not.toBe(first)
      await checkInstalled(laptop, '/home/ada/.config/systemd/user', 'ada')
      expect(await laptop.shell('nmcli -g GENERAL.STATE connection show work')).toBe('activated\n')
      await note()
      // It says so of a tunnel that is built anew all the time, too.
      await until(laptop, 'ping -c 1 -W 2 10.0.0.1')
      const built = "grep -c 'IKE_SA .* established' /run/charon-nm.log"
      const before = await laptop.shell(built)
      await laptop.shell('sleep 5')
      expect(await laptop.shell(built)).toBe(before)
    },
  )

  it.skipIf(!has('curl', 'openvpn'))('OpenVPN: the tunnel comes back with the next certificate', async () => {
    const [gateway, client] = [await openVpnGateway(), await makeMachine()]
    await connected(gateway, client)
    await write(client, '/etc/openvpn/client/vpn-server-ca.pem', world.gateway.authority)
    await write(client, '/usr/local/bin/company-token', '#!/bin/sh\ncat /run/secrets/mayfly.jwt', '755')
    await write(client, '/run/secrets/mayfly.jwt', await world.token())
    await client.shell('systemd-tmpfiles --create openvpn.conf')
    const [block = ''] = world.blocksUnder('OpenVPN')
    await client.shell(block)
    expect(await client.shell('cat /run/systemctl.asked')).toContain('enable --now openvpn-client@work\n')
    await checkInstalled(client, '/etc/systemd/system')
    // What that unit starts.
    const options = '--suppress-timestamps --nobind --config work.conf'
    const tunnel = client.start('sh', ['-c', `cd /etc/openvpn/client && exec openvpn ${options}`])
    await tunnel.says(/Initialization Sequence Completed/)
    const first = await serialIn(client, '/var/lib/mayfly/vpn')
    await write(client, '/run/secrets/mayfly.jwt', await world.token())
    await renew(client, '/var/lib/mayfly/vpn')
    await tunnel.says(/SIGUSR1[^]*Initialization Sequence Completed/)
    const second = await serialIn(client, '/var/lib/mayfly/vpn')
    expect(second).not.toBe(first)
    expect(await gateway.shell('tr -d : </run/seen')).toBe(`${first}\n${second}\n`)
    // OpenVPN leaves the number of its process behind when it is killed: it may be that of another.
    await client.shell(`sleep 60 & other=$!
trap 'kill $other' EXIT
echo $other >/run/openvpn-client/mayfly-contoso.pid
MAYFLY_TENANT=contoso /usr/local/lib/mayfly/openvpn-client
sleep 1; kill -0 $other`)
  })

  it.skipIf(!has('curl', 'charon-systemd', 'swanctl'))(
    'VPN server: lets nobody in before there is a bundle, and then the issuers of the bundle alone',
    async () => {
      const before = await bareGateway()
      const [block = ''] = world.blocksUnder('VPN server')
      const withoutAgent = block.replaceAll(/^mayfly .*$/gm, '')
      expect(withoutAgent).not.toBe(block)
      await before.shell(withoutAgent)
      await expect(before.shell('swanctl --load-conns')).rejects.toThrow("no-bundle-yet.pem' failed")
      expect(await before.shell('swanctl --list-conns')).not.toContain('vpn:')
      const gateway = await openGateway()
      await checkInstalled(gateway, '/etc/systemd/system')
      expect(await gateway.shell('swanctl --list-conns')).toMatch(
        /remote public key authentication:\n +id: %any\n +cacerts: O=Contoso, CN=VPN issuer 1 \w+\n +net: /,
      )
    },
  )

  it.skipIf(!has('curl', 'charon-systemd', 'swanctl'))(
    'server, job or container: reauthenticates with the next certificate while the tunnel is up; a job has one before it connects',
    async () => {
      const [gateway, client] = [await openGateway(), await makeMachine()]
      await connected(gateway, client)
      await write(client, '/etc/swanctl/x509ca/vpn-server-ca.pem', world.gateway.authority)
      await write(client, '/run/secrets/mayfly.jwt', await world.token())
      await startCharon(client)
      const [setUp = '', job = ''] = world.blocksUnder('Server, job or container')
      expect(await client.shell(setUp)).toContain('initiate completed successfully')
      const first = await serialIn(client, '/var/lib/mayfly/vpn')
      expect(await seenBy(gateway)).toContain(first)
      await write(client, '/run/secrets/mayfly.jwt', await world.token())
      await renew(client, '/var/lib/mayfly/vpn')
      const second = await serialIn(client, '/var/lib/mayfly/vpn')
      expect(second).not.toBe(first)
      await client.shell('swanctl --rekey --ike work --reauth')
      await vi.waitFor(async () => expect(await seenBy(gateway)).toContain(second), 60_000)
      await write(client, '/run/secrets/mayfly.jwt', await world.token())
      expect(await client.shell(job)).toContain('/run/mayfly/job/certificate.pem: OK\n')
    },
  )
})
