import { describe, expect, it } from 'vitest'
import { printFault } from '../../../../client/agent/configurationFault.ts'
import { openVpnProfile } from '../../../../client/vpnProfile/linux/openVpnProfile.ts'
import { swanctlProfile } from '../../../../client/vpnProfile/linux/swanctlProfile.ts'
import { parseProfile } from '../../../../client/vpnProfile/readProfile.ts'
import { routedPrefixes } from '../../../../client/vpnProfile/routedPrefixes.ts'
import { lackingNotes, type Platform } from '../../../../client/vpnProfile/settings.ts'
import { resolvedOf } from '../resolvedOf.ts'
import { settingChanges } from '../settingChanges.ts'
import { vpnTomlOf } from '../vpnTomlOf.ts'

type Members = Readonly<Record<string, unknown>>

const clients = { openvpn: openVpnProfile, strongswan: swanctlProfile } as const

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
    expect(texts).toContain('"nps.example.com"')
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
})
