import { describe, expect, it } from 'vitest'
import { printFault } from '../../../../client/agent/configurationFault.ts'
import { networkManagerProfile } from '../../../../client/vpnProfile/linux/networkManagerProfile.ts'
import { openVpnProfile } from '../../../../client/vpnProfile/linux/openVpnProfile.ts'
import { swanctlProfile } from '../../../../client/vpnProfile/linux/swanctlProfile.ts'
import { parseProfile } from '../../../../client/vpnProfile/readProfile.ts'
import { routedPrefixes } from '../../../../client/vpnProfile/routedPrefixes.ts'
import { lackingNotes, type Platform } from '../../../../client/vpnProfile/settings.ts'
import { resolvedOf } from '../resolvedOf.ts'
import { settingChanges } from '../settingChanges.ts'
import { vpnTomlOf } from '../vpnTomlOf.ts'

type Members = Readonly<Record<string, unknown>>

const clients = {
  openvpn: openVpnProfile,
  strongswan: swanctlProfile,
  networkmanager: networkManagerProfile,
} as const

const written = (platform: keyof typeof clients, user: Members) => {
  const read = parseProfile(vpnTomlOf({ user: { routes: ['10.0.0.0/8'], ...user } }), '/')
  if (read.kind === 'faults') throw new Error(read.faults.map(printFault).join('\n'))
  const [tunnel] = read.profile.tunnels
  if (!tunnel) throw new Error('no tunnel')
  const profile = {
    ...read.profile,
    server: { ...read.profile.server, authorities: [Uint8Array.of(1, 2, 3)] },
  }
  const routed = routedPrefixes(profile, tunnel, resolvedOf({ 'calls.example.net': ['198.51.100.9'] }))
  const settings = {
    profile,
    tunnel,
    routed,
    folder: '/var/lib/mayfly/vpn',
    user: "o'neil#x@contoso.example",
  }
  const made = clients[platform](settings)
  const texts = made.files.map(({ content }) => content).join('')
  return { made, texts, notes: lackingNotes(tunnel, platform satisfies Platform) }
}

describe.each(Object.keys(clients) as (keyof typeof clients)[])('a profile for %s', (platform) => {
  it.each(settingChanges)('shows another %s, or tells that it cannot', (_, before, after) => {
    const [one, other] = [written(platform, before), written(platform, after)]
    expect(written(platform, before)).toEqual(one)
    const isShown = JSON.stringify(one.made) !== JSON.stringify(other.made)
    expect(isShown || other.notes.length > 0).toBe(true)
  })

  it('has the roots of the server and its name, and none of the tenant', () => {
    const { texts } = written(platform, {})
    expect(texts.match(/-----BEGIN CERTIFICATE-----\nAQID\n-----END/g)).toHaveLength(1)
    expect(texts).toMatch(/"nps\.example\.com"|^remote-identity=nps\.example\.com$/m)
  })
})

describe('openVpnProfile()', () => {
  it('routes what the file names and nothing that the server says, and the service past the tunnel', () => {
    const { texts } = written('openvpn', {
      routes: ['10.0.0.0/8', 'fd00::/8'],
      exclusions: ['calls.example.net', '2001:db8::/32'],
      'route-metric': 7,
    })
    expect(texts.split('\n').filter((line) => /route|redirect/.test(line))).toEqual([
      '# It leaves route-gateway alone, without which OpenVPN has no way to lead a route into the tunnel.',
      'route-nopull',
      'route-metric 7',
      'route 10.0.0.0 255.0.0.0',
      'route-ipv6 fd00::/8',
      'route 192.0.2.200 255.255.255.255 net_gateway',
      'route 198.51.100.9 255.255.255.255 net_gateway',
      'route-ipv6 2001:db8::/32 net_gateway_ipv6',
    ])
  })

  it('has no line that OpenVPN takes for too long: of a name in parts, of a server none', () => {
    const { texts } = written('openvpn', { name: '\u{1f511}'.repeat(127) })
    const octets = texts.split('\n').map((line) => Buffer.byteLength(line))
    expect(Math.max(...octets)).toBeLessThanOrEqual(254)
    expect(texts.match(/\u{1f511}/gu)).toHaveLength(127)
    const name = `${'x'.repeat(60)}.`.repeat(4) + 'example'
    expect(() => written('openvpn', { servers: [{ name }] })).toThrow(/no line of more than 254 octets/)
  })

  it('tries the servers in their order', () => {
    const servers = [{ name: 'b.example.com' }, { name: 'a.example.com' }]
    expect(written('openvpn', { servers }).texts).toMatch(
      /remote b\.example\.com 1194 udp\nremote a\.example\.com 1194 udp\n/,
    )
  })
})

describe('swanctlProfile()', () => {
  it('quotes the user, and passes what is excluded outside', () => {
    const { texts } = written('strongswan', { exclusions: ['calls.example.net'] })
    expect(texts).toContain(`id = "o'neil#x@contoso.example"\n`)
    expect(texts).toMatch(
      /outside \{\n +remote_ts = 192\.0\.2\.200\/32, 198\.51\.100\.9\/32\n +mode = pass\n +start_action = trap/,
    )
  })

  it('takes all of both families where all is in the tunnel', () => {
    expect(written('strongswan', { routing: 'full', routes: [] }).texts).toContain(
      'remote_ts = 0.0.0.0/0, ::/0\n',
    )
  })

  it('refuses more networks than IKEv2 can say, of which those within others are none', () => {
    const routes = Array.from({ length: 256 }, (_, index) => `10.${index}.0.0/17`)
    expect(() => written('strongswan', { routes })).toThrow(
      /"Contoso" has 256 networks in it, and IKEv2 takes 255/,
    )
    expect(written('strongswan', { routes: [...routes, '10.0.0.0/8'] }).texts).toContain(
      'remote_ts = 10.0.0.0/8\n',
    )
  })
})

describe('a route within an exclusion within a route', () => {
  const nested = { routes: ['10.0.0.0/8', '10.64.0.0/10'], exclusions: ['10.0.0.0/9', '10.80.0.0/12'] }

  it('is in a tunnel of strongSwan, whose kernel lets pass all of a wider exclusion first', () => {
    const { texts } = written('strongswan', nested)
    expect(texts.match(/remote_ts = .*/g)).toEqual([
      'remote_ts = 10.0.0.0/8',
      'remote_ts = 10.0.0.0/10, 10.80.0.0/12, 192.0.2.200/32',
    ])
  })

  it('is in a tunnel of NetworkManager', () => {
    const { texts } = written('networkmanager', nested)
    expect(texts).toContain('remote-ts=10.64.0.0/12;10.96.0.0/11;10.128.0.0/9\n')
  })
})

describe('networkManagerProfile()', () => {
  const lines = (user: Members): readonly string[] => written('networkmanager', user).texts.split('\n')

  it('takes what is excluded out of the networks that are in the tunnel', () => {
    expect(
      lines({ routes: ['10.0.0.0/8', 'fd00::/8'], exclusions: ['10.0.0.0/9', '10.192.0.0/10'] }),
    ).toContain('remote-ts=10.128.0.0/10;fd00::/8')
    const full = lines({ routing: 'full', routes: [] }).find((line) => line.startsWith('remote-ts='))
    // 32 without the address of the service.
    expect(full?.split(';')).toHaveLength(33)
    expect(full).toMatch(/^remote-ts=0\.0\.0\.0\/1;128\.0\.0\.0\/2;.*;192\.0\.2\.201\/32;.*;::\/0$/)
  })

  it('asks for names in the tunnel: all of them, or those of suffixes, by servers of their family', () => {
    const dns = [{ name: '.corp.example', servers: ['10.0.0.53', 'fd00::53'] }]
    expect(
      lines({ dns, suffixes: ['b.example', 'a.example'] }).filter((line) => /^\[|dns/.test(line)),
    ).toEqual([
      '[connection]',
      '[vpn]',
      '[ipv4]',
      'dns=10.0.0.53;',
      'dns-search=b.example;a.example;~corp.example;',
      'ignore-auto-dns=true',
      '[ipv6]',
      'dns=fd00::53;',
      'dns-search=b.example;a.example;~corp.example;',
      'ignore-auto-dns=true',
    ])
    const all = lines({ dns: [{ name: '.', servers: ['10.0.0.53'] }] })
    expect(all).toEqual(expect.arrayContaining(['dns-search=~.;', 'dns-priority=-50']))
  })

  it('refuses what IKEv2 cannot say, and what leaves nothing in the tunnel', () => {
    const exclusions = ['2001:db8::1', '2001:db8:1::1', '198.51.100.1']
    expect(() => written('networkmanager', { routing: 'full', routes: [], exclusions })).toThrow(
      /are 2\d\d networks, and IKEv2 takes 255/,
    )
    expect(() =>
      written('networkmanager', { routes: ['10.0.0.0/8'], exclusions: ['10.0.0.0/9', '10.128.0.0/9'] }),
    ).toThrow(/nothing is left/)
  })

  it('has the uuid of its tunnel each time', () => {
    const uuids = [{}, { name: 'Other' }].map((user) => lines(user).find((line) => line.startsWith('uuid=')))
    expect(uuids[0]).toMatch(/^uuid=[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/)
    expect(uuids[1]).toBe(uuids[0])
  })
})
