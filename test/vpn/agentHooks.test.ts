import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestLines } from '../../client/trustFiles.ts'
import { localServerIdentity } from '../../local/serverIdentity.ts'
import { vpnTomlOf } from '../client/vpnProfile/vpnTomlOf.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { standInService } from '../client/agent/standInService.ts'
import { canRunSystemd, eventually, type OwnSystemd, ownSystemd } from './ownSystemd.ts'
import { isThere } from './program.ts'
import { makeStages } from './stages.ts'

const agent = 'mayfly-agent.service'
const trustOf = (name: string) => `/var/lib/mayfly/${name}`

/** Runs commands inside. @throws {Error} with what they said */
const shell = async (machine: OwnSystemd, commands: string, ...words: readonly string[]): Promise<string> => {
  const { code, said } = await machine.run('sh', '-euc', commands, 'sh', ...words)
  if (code !== 0) throw new Error(`${commands} ended with ${code}:\n${said}`)
  return said
}

const write = (machine: OwnSystemd, path: string, content: string, mode = '644') =>
  shell(machine, 'printf %s "$1" | install -D -m "$2" /dev/stdin "$3"', content, mode, path)

const kinds = ['nginx', 'strongswan-pubkey', 'openvpn', 'ocserv', 'freeradius'] as const
const setUps = ['strongswan-server', 'strongswan-client'] as const

/** What a server has that is installed, and of each name a bundle that no server loaded. @returns the tenant */
const furnish = async (machine: OwnSystemd): Promise<string> => {
  const folder = await temporaryFolder()
  const { 'issuer roll-over': stage } = await makeStages(join(folder, 'stages'))
  await writeFile(join(stage.folder, 'anchors'), digestLines(stage.bundle.roots.map(({ sha256 }) => sha256)))
  const packed = execFileSync('tar', ['-cz', '-C', stage.folder, '.']).toString('base64')
  for (const name of [...kinds, ...setUps])
    await shell(
      machine,
      'mkdir -p "$2"; printf %s "$1" | base64 -d | tar -xz --no-same-owner -C "$2"',
      packed,
      trustOf(name),
    )
  const identity = await localServerIdentity(join(folder, 'identity'), 'vpn.example.com')
  for (const [path, content, mode] of [
    ['/etc/mayfly/server/certificate.pem', identity.certificate, '644'],
    ['/etc/mayfly/server/key.pem', identity.key, '600'],
    ['/etc/swanctl/x509/mayfly-server.pem', identity.certificate, '644'],
    ['/etc/swanctl/private/mayfly-server.pem', identity.key, '600'],
  ] as const)
    await write(machine, path, content, mode)
  return stage.bundle.tenant
}

/** Has systemd know a unit of a package, in a network of its own: its ports are those of the machine else. */
const addUnit = async (machine: OwnSystemd, name: string, text?: string): Promise<void> => {
  const file = `/run/units/${name}.service`
  if (text === undefined) await shell(machine, `cp /lib/systemd/system/${name}.service ${file}`)
  else await write(machine, file, text)
  await write(machine, `/etc/systemd/system/${name}.service.d/own.conf`, '[Service]\nPrivateNetwork=yes\n')
}

/** Stands in for a server that is told to restart or to reload. */
const standIn =
  '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true\n'

/** Writes what server-config makes for each kind of server. @returns the configuration of an agent that keeps all of them */
const configureServers = async (machine: OwnSystemd, tenant: string): Promise<string> => {
  const settings = ['--server-name', 'vpn.example.com', '--service', 'http://127.0.0.1:9', '--lifetime', '1h']
  const configurations: string[] = []
  for (const kind of kinds) {
    const trust = trustOf(kind)
    const words = [kind, '--tenant', tenant, '--bundle', trust, '--trust', trust, ...settings, '--out', '/']
    expect(await machine.mayfly('server-config', ...words)).toMatchObject({ code: 0 })
    configurations.push(await shell(machine, 'cat /etc/mayfly/mayfly.toml'))
  }
  const [first = '', ...more] = configurations
  return [first, ...more.map((text) => text.slice(text.indexOf('[[bundles]]')))].join('\n')
}

/** The configuration of an agent that has the hooks of the set-ups. */
const setUpsOf = (url: string, tenant: string): string => `url = "${url}"
tenant = "${tenant}"
${setUps.map((name) => `[[bundles]]\nfolder = "${trustOf(name)}"\non-trust-change = "/usr/local/lib/mayfly/${name}"\n`).join('')}
${['openvpn-client', 'strongswan-client']
  .map(
    (name) =>
      `[[credentials]]\nfolder = "/var/lib/mayfly/of-${name}"\non-renew = "/usr/local/lib/mayfly/${name}"\ntoken = { kind = "file", file = "token.jwt" }\n`,
  )
  .join('')}`

/** The configuration of an agent that keeps profiles. */
const profilesOf = (tenant: string, credential: string): string =>
  [
    `url = "https://192.0.2.200"\ntenant = "${tenant}"`,
    ...['openvpn', 'strongswan'].map(
      (platform) =>
        `[[profiles]]\nfile = "vpn.toml"\nfolder = "/var/lib/mayfly/${platform}-profiles"\nplatform = "${platform}"\ncredential = "${credential}"\nuser = "ann@contoso.example"`,
    ),
  ].join('\n')

/** Resolves once a hook ran, with the event that tells how. */
const ranHook = async (machine: OwnSystemd, hook: string, facts = ''): Promise<string> => {
  const event = new RegExp(`"event":"hook-(?:ran|failed)".*"hook":"${hook}".*${facts}`)
  let found: string | undefined
  await eventually(hook, async () => {
    const { said } = await machine.run('journalctl', '--no-pager', '-o', 'cat', '-u', agent)
    found = event.exec(said)?.[0]
    return found !== undefined
  })
  return found ?? ''
}

const started = async (): Promise<{ readonly machine: OwnSystemd; readonly tenant: string }> => {
  const machine = await ownSystemd()
  const tenant = await furnish(machine)
  await addUnit(machine, 'strongswan')
  return { machine, tenant }
}

const install = async (machine: OwnSystemd, configuration: string): Promise<void> => {
  await write(machine, '/etc/mayfly/mayfly.toml', configuration)
  expect(await machine.mayfly('agent', 'install', '--system')).toMatchObject({ code: 0 })
}

const succeeded = expect.stringContaining('"event":"hook-ran"') as string

describe.skipIf(!canRunSystemd() || !isThere('nginx', 'charon-systemd', 'swanctl'))(
  'within the unit that mayfly agent install --system writes',
  () => {
    it('the hook of each server of server-config has it load the bundle', async () => {
      const { machine, tenant } = await started()
      await addUnit(machine, 'nginx')
      for (const name of ['openvpn-server@mayfly', 'ocserv', 'freeradius'])
        await addUnit(machine, name, standIn)
      await shell(machine, 'rm -f /etc/nginx/sites-enabled/*; mkdir -p /var/log/nginx')
      const configuration = await configureServers(machine, tenant)
      await shell(machine, 'systemctl daemon-reload; systemctl start nginx strongswan')
      await install(machine, configuration)
      for (const kind of kinds)
        expect(await ranHook(machine, `/usr/lib/mayfly/reload-${kind}`)).toEqual(succeeded)
      expect(await shell(machine, 'swanctl --list-conns')).toMatch(/cacerts?: .*VPN issuer/)
      expect(await shell(machine, 'systemctl is-active openvpn-server@mayfly ocserv freeradius nginx')).toBe(
        'active\n'.repeat(4),
      )
    })

    it('profiles of OpenVPN and strongSwan are put in place', async () => {
      const { machine, tenant } = await started()
      const credential = trustOf('openvpn')
      const server = { names: ['vpn.example.com'], ca: '/etc/mayfly/server/certificate.pem' }
      const profile = vpnTomlOf({ user: { routes: ['10.1.0.0/16'] } }, { tenant, server })
      await write(machine, '/etc/mayfly/vpn.toml', profile)
      await shell(machine, `cp ${credential}/certificate.pem ${credential}/chain.pem`)
      await shell(machine, 'systemctl daemon-reload; systemctl start strongswan')
      await write(machine, '/etc/mayfly/mayfly.toml', profilesOf(tenant, credential))
      const { code, said } = await machine.mayfly('agent', 'install', '--system')
      expect({ code, said }).toMatchObject({ code: 0 })
      await eventually('profiles', async () => {
        const listed = await machine.run('swanctl', '--list-conns')
        const { code: sought } = await machine.run('grep', '-r', '^route 10.1.0.0', '/etc/openvpn/client')
        return sought === 0 && /user: TUNNEL[^]*10\.1\.0\.0\/16/.test(listed.said)
      })
    })

    it('the hooks of the set-ups copy what servers read, and signal a process of another user', async () => {
      const service = await standInService(
        () => new Date(),
        (_, body) => (body === '' ? 'away' : undefined),
      )
      const { machine, tenant } = await started()
      await shell(
        machine,
        `install -d /usr/local/lib/mayfly && install -m 755 /opt/mayfly/infra/client/hooks/* /usr/local/lib/mayfly
mkdir -p /etc/mayfly; printf a.b.c >/etc/mayfly/token.jwt; cp /bin/sleep /usr/local/bin/openvpn`,
      )
      await addUnit(
        machine,
        'client',
        '[Unit]\nDefaultDependencies=no\n[Service]\nUser=nobody\nExecStart=/usr/local/bin/openvpn infinity\n',
      )
      await write(
        machine,
        `/etc/systemd/system/${agent}.d/strongswan.conf`,
        '[Service]\nReadWritePaths=/etc/swanctl\n',
      )
      await shell(
        machine,
        `systemctl daemon-reload; systemctl start strongswan client; mkdir -p /run/openvpn-client
systemctl show --value -p MainPID client >/run/openvpn-client/mayfly-${tenant}.pid`,
      )
      await install(machine, setUpsOf(service.url, tenant))
      for (const name of ['strongswan-server', 'openvpn-client', 'strongswan-client'])
        expect(await ranHook(machine, `/usr/local/lib/mayfly/${name}`)).toEqual(succeeded)
      // SIGUSR1, which a stand-in does not outlive.
      const status = () => shell(machine, 'systemctl show --value -p ExecMainStatus client')
      await eventually('its end by SIGUSR1', async () => (await status()) === '10\n')
      expect(await shell(machine, 'ls /etc/swanctl/x509 /etc/swanctl/x509ca')).toMatch(
        /mayfly-.*\.pem[^]*issuer~/,
      )
    })
  },
)
