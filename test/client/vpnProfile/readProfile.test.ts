import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { printFault } from '../../../client/agent/configurationFault.ts'
import { checkClientFit } from '../../../client/vpnProfile/linux/checkClientFit.ts'
import { inspectProfile, parseProfile } from '../../../client/vpnProfile/readProfile.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { vpnTomlOf } from './vpnTomlOf.ts'

const faults = (text: string): readonly string[] => {
  const read = parseProfile(text, '/')
  return read.kind === 'faults' ? read.faults.map(printFault) : []
}

describe('parseProfile()', () => {
  it('gives what is left out its meaning', () => {
    const read = parseProfile(vpnTomlOf({ user: { routes: ['10.0.0.0/8'] } }), '/')
    expect(read).toMatchObject({
      kind: 'profile',
      profile: {
        certificate: { lifetimeSeconds: 3_600, marker: undefined },
        tunnels: [
          {
            kind: 'user',
            protocol: 'ikev2',
            authentication: 'eap-tls',
            alwaysOn: true,
            routing: 'split',
            registerDns: false,
            mtu: 1_400,
            outageSeconds: 1_800,
            hideEditButton: false,
          },
        ],
      },
    })
  })

  it('reads published lists by name, URL and path, which begins where the file is', () => {
    const lists = [
      'microsoft-365',
      'https://lists.example.com/calls.txt?of=eu',
      'lists/own.txt',
      '/srv/all.txt',
    ]
    const user = { routes: ['10.0.0.0/8'], 'exclusion-lists': lists }
    const read = parseProfile(vpnTomlOf({ user, backup: {} }), '/etc/vpn')
    const exclusionLists = [
      { kind: 'microsoft-365', name: lists[0] },
      { kind: 'url', name: lists[1], url: new URL(lists[1] ?? '') },
      { kind: 'file', name: lists[2], file: '/etc/vpn/lists/own.txt' },
      { kind: 'file', name: lists[3], file: '/srv/all.txt' },
    ]
    expect(read).toMatchObject({ profile: { tunnels: [{ exclusionLists }, { exclusionLists }] } })
  })

  it.each([
    ['microsoft365', /is neither microsoft-365, a URL, nor a path with a dot or a slash/],
    ['http://lists.example.com/a.txt', /must be an https URL/],
    ['ftp://lists.example.com/a.txt', /must be an https URL/],
    ['https://ada:secret@lists.example.com/', /has a user, a password or a fragment/],
    ['', /is empty/],
  ])('refuses the list "%s"', (list, words) => {
    expect(faults(vpnTomlOf({ user: { routes: ['10.0.0.0/8'], 'exclusion-lists': [list] } }))).toEqual([
      expect.stringMatching(words),
    ])
  })

  it.each([
    [['0.0.0.0/1', '128.0.0.0/1'], /routes: together are all public addresses of IPv4: say routing = "full"/],
    [['0.0.0.0/1', '128.0.0.0/2', '192.0.0.0/3'], /all public addresses of IPv4/],
    [['10.0.0.0/8', '::/1', '8000::/1'], /routes: together are all public addresses of IPv6/],
    [['10.0.0.0/8', '2000::/3'], /all public addresses of IPv6/],
    [['10.0.0.0/8', '2000::/4', '3000::/5', '3800::/5', 'hr.example.net'], /all public addresses of IPv6/],
  ])('refuses routes that are a default route together: %s (fault 10)', (routes, words) => {
    expect(faults(vpnTomlOf({ user: { routes } }))).toEqual([expect.stringMatching(words)])
    const full = { routing: 'full', exclusions: routes }
    expect(faults(vpnTomlOf({ user: full }))).toEqual([expect.stringMatching(/exclusions: together are all/)])
  })

  it('takes routes of half the internet', () => {
    const routes = ['0.0.0.0/1', '128.0.0.0/2', 'fc00::/7', '2000::/4']
    expect(faults(vpnTomlOf({ user: { routes } }))).toEqual([])
  })

  it('has a backup take of the user tunnel what it does not say, but always-on', () => {
    const user = { routes: ['10.0.0.0/8'], suffixes: ['corp.example.com'], mtu: 1_300 }
    const backup = { name: 'Backup', servers: [{ name: 'vpn2.example.com' }], mtu: 1_280 }
    const read = parseProfile(vpnTomlOf({ user, backup }), '/')
    expect(read).toMatchObject({
      profile: {
        tunnels: [
          { kind: 'user', alwaysOn: true },
          {
            kind: 'backup',
            alwaysOn: false,
            suffixes: ['corp.example.com'],
            mtu: 1_280,
            servers: [{ host: 'vpn2.example.com' }],
          },
        ],
      },
    })
  })

  it.each([
    ['10.1.2.3/8', /has bits behind its prefix: is 10\.0\.0\.0\/8 meant/],
    ['0.0.0.0/0', /is all addresses: say routing = "full"/],
    ['::/0', /is all addresses/],
    ['010.0.0.1', /is no network or address/],
    ['10.0.0.256', /is no network or address/],
    ['10.0.0.0/33', /is no network or address/],
    ['fe80::1%eth0', /is no network or address/],
    ['127.0.0.0/8', /is of this machine or its own network/],
    ['fe80::/64', /is of this machine/],
    ['0.0.0.0', /is of this machine/],
    ['intranet', /is no network, address or host name with a dot/],
    ['https://hr.example.net', /is no network or address/],
  ])('refuses the route %s', (route, words) => {
    expect(faults(vpnTomlOf({ user: { routes: ['10.0.0.0/8', route] } }))).toEqual([
      expect.stringMatching(words),
    ])
  })

  it.each([
    ['fd00::/8', 'FD00:0::/8'],
    ['192.168.1.1', '192.168.1.1/32'],
    ['10.0.0.1', '::ffff:10.0.0.1'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['HR.example.net', 'hr.example.NET'],
  ])('finds %s and %s to be the same route, and a contradiction where one is excluded', (one, other) => {
    const twice = faults(vpnTomlOf({ user: { routes: [one, other] } }))
    expect(twice).toEqual([expect.stringMatching(/routes\[1\]: is \S+, which stands there already/)])
    const both = faults(vpnTomlOf({ user: { routes: [one], exclusions: [other] } }))
    expect(both).toEqual([expect.stringMatching(/exclusions\[0\]: is \S+, which is among the routes too/)])
  })

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      '200 names and one',
      { routes: Array.from({ length: 201 }, (_, at) => `n${at}.example.com`) },
      /tunnels: have 201 names; 200 are/,
    ],
    ['a list twice', { 'exclusion-lists': ['a.txt', 'a.txt'] }, /exclusion-lists\[1\]: is a\.txt, which/],
    ['an outage without end', { 'outage-seconds': 0 }, /outage-seconds: is 0, which is without end/],
    ['one longer than a certificate', { 'outage-seconds': 3_601 }, /outlive a certificate \(3600 s\)/],
    ['a route to the service', { routes: ['192.0.2.200'] }, /routes\[0\]: is the service, which stays/],
    ['a port that is none', { proxy: { server: 'p.example.com:65536' } }, /proxy\.server: has no such port/],
    ['a proxy beside a split tunnel', { proxy: { server: 'p.example.com:80' } }, /proxy: has a meaning only/],
    ['routes beside a full one', { routing: 'full' }, /routes: say nothing where/],
    [
      'purposes of a machine',
      { 'machine-purposes': ['1.2.3'] },
      /machine-purposes: is of a device tunnel alone/,
    ],
    [
      'one DNS rule twice',
      { dns: [{ name: '.A.example' }, { name: '.a.example' }] },
      /dns\[1\]: is \.a\.example, which/,
    ],
    ['an empty suffix', { suffixes: [''] }, /suffixes\[0\]: is no host name/],
    ['a name with a control character', { name: 'a\u0007b' }, /name: has control characters/],
    ['a name that Windows cannot store', { name: 'a/b' }, /name: has a \//],
    ['an unknown member', { 'perform-server-validation': false }, /there is no such member/],
  ])('refuses %s', (_, user, words) => {
    expect(faults(vpnTomlOf({ user: { routes: ['10.0.0.0/8'], ...user } })).join('\n')).toMatch(words)
  })

  it('refuses a device tunnel that says by which method people sign in', () => {
    const device = { name: 'Device', routes: ['10.0.0.1'], authentication: 'peap-eap-tls' }
    expect(faults(vpnTomlOf({ device }))).toEqual([
      expect.stringMatching(/device\.authentication: is of user tunnels alone/),
    ])
  })

  it('counts the names of all tunnels, each once', () => {
    const names = (first: number, count: number) =>
      Array.from({ length: count }, (_, at) => `n${first + at}.example.com`)
    const device = { name: 'Device', routes: names(50, 150) }
    expect(faults(vpnTomlOf({ user: { routes: names(0, 200) }, backup: {}, device }))).toEqual([])
    expect(
      faults(
        vpnTomlOf({ user: { routes: names(0, 199) }, device: { ...device, exclusions: names(300, 1) } }),
      ),
    ).toEqual([expect.stringMatching(/have 201 names/)])
  })

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['a port and no protocol', { 'remote-ports': ['80'] }, /"x" has ports, which only tcp and udp have/],
    ['a port of icmp', { protocol: 'icmp', 'remote-ports': ['80'] }, /"x" has ports/],
    ['a port too high', { protocol: 'tcp', 'remote-ports': ['65536'] }, /must be a port/],
    [
      'ports that end before they begin',
      { protocol: 'tcp', 'remote-ports': ['20-10'] },
      /ends before it begins/,
    ],
    ['a protocol that is none', { protocol: 'tpc' }, /must be icmp, tcp, udp/],
    ['an address that is none', { 'remote-addresses': ['10.0.0.256'] }, /is no network or address/],
    ['bits behind a prefix', { 'remote-addresses': ['10.0.0.1/8'] }, /has bits behind its prefix/],
    [
      'addresses of both ends',
      { 'local-addresses': ['10.0.0.1'], 'remote-addresses': ['10.0.0.2'] },
      /both ends/,
    ],
    ['nothing', {}, /says nothing of the traffic/],
    ['a member that is misspelt', { protocol: 'tcp', 'remote-port': ['80'] }, /there is no such member/],
    ['a routing of no application', { protocol: 'tcp', routing: 'split' }, /has a routing/],
  ])('refuses the whole profile for one filter with %s among right ones (fault 11)', (_, filter, words) => {
    const right = { name: 'DNS', protocol: 'udp', 'remote-ports': ['53'] }
    const user = {
      routes: ['10.0.0.0/8'],
      filters: [right, { name: 'x', ...filter }, { ...right, name: 'DNS 2' }],
    }
    expect(faults(vpnTomlOf({ user }))).toEqual([expect.stringMatching(words)])
  })

  it('refuses two tunnels of one name, a backup that is always on, and no tunnel', () => {
    const user = { routes: ['10.0.0.0/8'] }
    const backup = { name: 'CONTOSO', 'always-on': true }
    expect(faults(vpnTomlOf({ user, backup })).join('\n')).toMatch(
      /backup\.name: is that of another[^]*backup\.always-on: must be false/,
    )
    expect(faults(vpnTomlOf({}))).toEqual([
      expect.stringMatching(/tunnels: has none of user, backup, device/),
    ])
  })

  it('refuses a root of the server that is an issuer of clients', () => {
    const own = { certificate: { issuers: ['A'.repeat(40)] } }
    expect(faults(vpnTomlOf({ user: { routes: ['10.0.0.0/8'] } }, own))).toEqual([
      expect.stringMatching(/server\.roots\[0\]: is an issuer of clients/),
    ])
  })

  it('tells of TOML that is none, with its line', () => {
    expect(faults('tenant = \n')).toEqual([expect.stringMatching(/^line 1, column/)])
  })
})

describe('inspectProfile()', () => {
  it('tells that a file is not there, which no mode of it would help', async () => {
    const file = join(await temporaryFolder(), 'vpn.toml')
    await expect(inspectProfile(file)).toRefuse('configuration-invalid', /vpn\.toml: it cannot be found/)
  })

  it.skipIf(process.platform === 'win32')('takes no server.ca that others can write to', async () => {
    const base = await temporaryFolder()
    const [file, ca] = [join(base, 'vpn.toml'), join(base, 'ca.pem')]
    const server = { names: ['a.example'], ca: 'ca.pem' }
    await writeFile(file, vpnTomlOf({ user: { routes: ['10.0.0.0/8'] } }, { server }), { mode: 0o600 })
    await writeFile(ca, encodePem('CERTIFICATE', Uint8Array.of(0x30, 0)), { mode: 0o600 })
    expect((await inspectProfile(file)).kind).toBe('profile')
    await chmod(ca, 0o620)
    const refused = /the authorities of the server .*ca\.pem: others can write to it/
    await expect(inspectProfile(file)).toRefuse('path-shared', refused)
  })

  it.runIf(process.platform === 'linux').each(['pipe', 'folder', 'device', 'huge file', 'nothing'])(
    'neither reads a %s in the place of server.ca, nor waits for it',
    async (what) => {
      const base = await temporaryFolder()
      const ca = what === 'device' ? '/dev/zero' : join(base, 'ca.pem')
      if (what === 'pipe') execFileSync('mkfifo', ['-m', '600', ca])
      if (what === 'folder') await mkdir(ca, { mode: 0o700 })
      if (what === 'huge file') {
        await writeFile(ca, '')
        await truncate(ca, 2 ** 30)
      }
      const words: Readonly<Record<string, string>> = {
        'huge file': 'has more than 1048576 octets',
        nothing: 'cannot be read (ENOENT)',
      }
      const text = vpnTomlOf({ user: { routes: ['10.0.0.0/8'] } }, { server: { names: ['a.example'], ca } })
      expect(faults(text)).toEqual([
        `line 3, server.ca: Cannot use ${ca}: it ${words[what] ?? 'is no regular file'}`,
      ])
    },
  )
})

it('docs/profiles.md has a file without a fault, which every client takes', async () => {
  const page = await readFile(new URL('../../../docs/profiles.md', import.meta.url), 'utf8')
  const [, text = ''] = /```toml\n([^]*?)```/.exec(page) ?? []
  const base = await temporaryFolder()
  await writeFile(join(base, 'vpn-server-roots.pem'), encodePem('CERTIFICATE', Uint8Array.of(0x30, 0)))
  const read = parseProfile(text, base)
  if (read.kind === 'faults') throw new Error(read.faults.map(printFault).join('\n'))
  const [user, backup, device] = read.profile.tunnels
  expect([user?.kind, backup?.kind, device?.kind]).toEqual(['user', 'backup', 'device'])
  if (user) expect(() => checkClientFit(read.profile, user)).not.toThrow()
})
