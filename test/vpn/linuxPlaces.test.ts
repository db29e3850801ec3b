import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { vpnTomlOf } from '../client/vpnProfile/vpnTomlOf.ts'
import { openssl } from '../openssl.ts'
import { has, isRoot, makeMachine, type Machine, until } from './machine.ts'
import { makeStages } from './stages.ts'

let folder: string
let stage: Awaited<ReturnType<typeof makeStages>>['fresh']

beforeAll(async () => {
  if (!isRoot) return undefined
  folder = await mkdtemp(join(tmpdir(), 'mayfly-places-'))
  stage = (await makeStages(join(folder, 'stages'))).fresh
  return () => rm(folder, { recursive: true, force: true })
})

type Platform = 'openvpn' | 'strongswan' | 'networkmanager'

/** A machine whose profiles are kept as a vpn.toml says. */
const keeping = async (platform: Platform) => {
  const machine = await makeMachine()
  const authority = openssl(
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Servers -keyout /dev/null'.split(
      ' ',
    ),
  ).toString()
  const write = (file: string, text: string) =>
    machine.shell(`install -D -m 600 /dev/stdin '${file}' <<'END'\n${text}\nEND`)
  await write('/etc/mayfly/server-ca.pem', authority)
  await machine.shell(`install -d /var/lib/mayfly; cp -r '${stage.folder}' /var/lib/mayfly/vpn
cp '${stage.client.whole}' /var/lib/mayfly/vpn/chain.pem`)
  const profiles = {
    file: 'vpn.toml',
    folder: '/var/lib/mayfly/profiles',
    platform,
    credential: '/var/lib/mayfly/vpn',
    user: 'ann@contoso.example',
  }
  const members = Object.entries(profiles).map(([name, value]) => `${name} = "${value}"`)
  await write(
    '/etc/mayfly/mayfly.toml',
    ['url = "https://192.0.2.200"', 'tenant = "contoso"', '[[profiles]]', ...members].join('\n'),
  )
  return {
    machine,
    /** Says what tunnels are to be, and looks once. @returns what it printed, and how it ended. */
    async look(this: void, tunnels: Parameters<typeof vpnTomlOf>[0]): Promise<string> {
      const server = { names: ['vpn.example.com'], ca: 'server-ca.pem' }
      await write('/etc/mayfly/vpn.toml', vpnTomlOf(tunnels, { server }))
      return machine.shell(
        'mayfly profile watch --config /etc/mayfly/mayfly.toml --once 2>&1 && echo "ended with 0" || echo "ended with $?"',
      )
    },
  }
}

/** What stands before a program does nothing, and says so. */
const fail = (machine: Machine, program: string, when: string) =>
  machine.shell(`cat >/usr/local/bin/${program} <<'END'
#!/bin/sh
case "$*" in ${when}) echo 'the disk is full' >&2; exit 1;; esac
exec /usr/sbin/${program} "$@"
END
chmod 755 /usr/local/bin/${program}; [ -e /usr/sbin/${program} ] || sed -i s,/usr/sbin,/usr/bin, /usr/local/bin/${program}`)

interface Program {
  readonly platform: Platform
  readonly programs: readonly string[]
  readonly start: (machine: Machine) => Promise<unknown>
  /** Shows the networks that the program itself knows of. */
  readonly shows: string
  /** The program that has it read files, and what it is told then. */
  readonly reads: readonly [string, string]
}

const kept: readonly Program[] = [
  {
    platform: 'strongswan',
    programs: ['charon-systemd', 'swanctl'],
    async start(machine) {
      machine.start('charon-systemd')
      await until(machine, 'test -S /run/charon.vici')
    },
    shows: 'swanctl --list-conns',
    reads: ['swanctl', '--load-conns*'],
  },
  {
    platform: 'networkmanager',
    programs: ['NetworkManager', 'nmcli', 'dbus-daemon'],
    async start(machine) {
      await machine.shell(`mkdir -p /run/dbus
printf '[main]\\nauth-polkit=false\\ndns=none\\nno-auto-default=*\\n' >/etc/NetworkManager/conf.d/test.conf`)
      machine.start('dbus-daemon', ['--system', '--nofork', '--nopidfile'])
      await until(machine, 'test -S /run/dbus/system_bus_socket')
      machine.start('unshare', ['--pid', '--fork', '--kill-child', 'NetworkManager', '--debug'])
      await until(machine, 'nmcli general status')
    },
    shows:
      'nmcli --escape no --get-values NAME,TYPE connection show; nmcli --escape no --get-values vpn.data connection show id Contoso || :',
    reads: ['nmcli', "'connection load'*"],
  },
]

describe('profiles that are kept on a machine', () => {
  for (const { platform, programs, start, shows, reads } of kept)
    it.skipIf(!has(...programs))(
      `${platform} has what the file says now, the old one where it fails, and nothing after (fault 2)`,
      async () => {
        const { machine, look } = await keeping(platform)
        await start(machine)
        expect(await look({ user: { routes: ['10.1.0.0/16'] } })).toContain('ended with 0')
        expect(await machine.online(shows)).toContain('10.1.0.0/16')
        // One within another, as where a name leads into a network of the tunnel.
        const routes = ['10.2.0.0/16', '10.2.3.4', 'fd02::/16']
        expect(await look({ user: { routes } })).toContain('ended with 0')
        const second = await machine.online(shows)
        expect(second).toMatch(/10\.2\.0\.0\/16[ ;]fd02::\/16/)
        expect(second).not.toContain('10.1.0.0/16')
        await fail(machine, ...reads)
        const failed = await look({ user: { routes: ['10.3.0.0/16'] } })
        expect(failed).toMatch(/ended with 3/)
        expect(await machine.online(shows)).toBe(second)
        await machine.shell(`rm /usr/local/bin/${reads[0]}`)
        expect(await look({ backup: { routes: ['10.4.0.0/16'], name: 'Other' } })).toContain('ended with 0')
        const last = await machine.online(shows)
        expect(last).toMatch(platform === 'strongswan' ? /mayfly-contoso-backup/ : /^Other:vpn$/m)
        expect(last).not.toMatch(/10\.[23]\.0\.0\/16|mayfly-contoso-user|^Contoso:/m)
      },
    )

  it.skipIf(!has('openvpn'))(
    'openvpn that runs reads the new file, and what it would not take is not written',
    async () => {
      const { machine, look } = await keeping('openvpn')
      expect(await look({ user: { routes: ['10.1.0.0/16'] } })).toContain('ended with 0')
      await machine.shell('mkdir -p /run/openvpn-client')
      const options =
        '--suppress-timestamps --nobind --verb 4 --config mayfly-contoso-user.conf --remote 127.0.0.1 9 udp'
      const tunnel = machine.start('sh', ['-c', `cd /etc/openvpn/client && exec openvpn ${options}`])
      await tunnel.says(/UDPv4 link remote/)
      expect(await look({ user: { routes: ['10.2.0.0/16'] } })).toContain('ended with 0')
      await tunnel.says(/SIGHUP[^]*route 10\.2\.0\.0/)
      await fail(machine, 'openvpn', '*--management-hold*')
      expect(await look({ user: { routes: ['10.3.0.0/16'] } })).toMatch(/ended with 3/)
      expect(await machine.shell('cat /etc/openvpn/client/*.conf')).toContain(
        '\nroute 10.2.0.0 255.255.0.0\n',
      )
      await machine.shell('rm /usr/local/bin/openvpn')
      expect(await look({ backup: { routes: ['10.4.0.0/16'], name: 'Other' } })).toContain('ended with 0')
      await tunnel.says(/SIGTERM\[hard/)
      expect(await machine.shell('ls /etc/openvpn/client')).toBe('mayfly-contoso-backup.conf\n')
    },
  )
})
