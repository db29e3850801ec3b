import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseProfile } from '../../../client/vpnProfile/readProfile.ts'
import { namesOf, routedPrefixes } from '../../../client/vpnProfile/routedPrefixes.ts'
import { containsPrefix, type IpPrefix, prefixOf, printPrefix } from '../../../lib/text/ipPrefix.ts'
import { resolvedOf } from './resolvedOf.ts'
import { vpnTomlOf } from './vpnTomlOf.ts'

const routed = (
  user: Readonly<Record<string, unknown>>,
  resolved = resolvedOf(),
  service = 'https://mayfly.example.com/base',
) => {
  const read = parseProfile(vpnTomlOf({ user }, { service }), '/')
  if (read.kind === 'faults') throw new Error(JSON.stringify(read.faults))
  const [tunnel] = read.profile.tunnels
  if (!tunnel) throw new Error('no tunnel')
  const { routes, exclusions, refused, withoutGateway } = routedPrefixes(read.profile, tunnel, resolved)
  return {
    names: namesOf(read.profile, tunnel),
    routes: routes.map(printPrefix),
    exclusions: exclusions.map(printPrefix),
    refused: refused.map(({ source, prefix, why }) => `${source} ${printPrefix(prefix)} ${why}`),
    withoutGateway: withoutGateway.map(printPrefix),
  }
}

const addresses =
  '10.1.2.3 172.16.0.1 192.168.1.1 198.51.100.1 198.51.100.2 203.0.113.7 203.0.113.53 fd00::1 2001:db8::1 2001:db8::2 2001:db8:ffff::1'.split(
    ' ',
  )

describe('routedPrefixes()', () => {
  it('sorts routes, each address once, whichever names lead there, and keeps the service outside', () => {
    const user = { routes: ['hr.example.com', '2001:db8::/32', '10.0.0.0/8', 'pay.example.com'] }
    const answers = {
      'hr.example.com': ['203.0.113.5'],
      'pay.example.com': ['203.0.113.5'],
      'mayfly.example.com': ['192.0.2.1'],
    }
    expect(routed(user, resolvedOf(answers))).toEqual({
      names: ['hr.example.com', 'pay.example.com', 'mayfly.example.com'],
      routes: ['10.0.0.0/8', '203.0.113.5/32', '2001:db8::/32'],
      exclusions: ['192.0.2.1/32'],
      refused: [],
      withoutGateway: [],
    })
  })

  it('excludes a service that is named by its address', () => {
    const { names, exclusions } = routed(
      { routes: ['10.0.0.0/8'] },
      resolvedOf(),
      'https://[2001:DB8::1]:8443',
    )
    expect([names, exclusions]).toEqual([[], ['2001:db8::1/128']])
  })

  it('does not let who answers for a name steer what the tunnel is there for past it', () => {
    const user = { routes: ['10.0.0.0/8', 'fd00::/8'], exclusions: ['cdn.example.net'] }
    const answers = { 'cdn.example.net': ['10.1.2.3', '198.51.100.1', 'fd00::1'] }
    expect(routed(user, resolvedOf(answers))).toMatchObject({
      exclusions: ['198.51.100.1/32'],
      refused: [
        'cdn.example.net 10.1.2.3/32 is of what the tunnel is for',
        'cdn.example.net fd00::1/128 is of what the tunnel is for',
      ],
    })
  })

  it('nor private addresses past a tunnel of all traffic; what the file itself excludes stands', () => {
    const user = { routing: 'full', exclusions: ['192.168.7.0/24', 'mail.example.net'] }
    expect(routed(user, resolvedOf({ 'mail.example.net': ['192.168.1.1'] }))).toMatchObject({
      exclusions: ['192.168.7.0/24'],
      refused: ['mail.example.net 192.168.1.1/32 is of what the tunnel is for'],
    })
  })

  it('has no route to what is excluded, and tells so', () => {
    const user = { routes: ['10.0.0.0/8', 'app.example.net'], exclusions: ['198.51.100.1'] }
    expect(routed(user, resolvedOf({ 'app.example.net': ['198.51.100.1', '198.51.100.2'] }))).toMatchObject({
      routes: ['10.0.0.0/8', '198.51.100.2/32'],
      exclusions: ['198.51.100.1/32'],
      refused: ['app.example.net 198.51.100.1/32 is what the file excludes'],
    })
  })

  it('leads no route by name to the service or to a server, which would be a loop', () => {
    const user = { routes: ['10.0.0.0/8', 'hr.example.net'] }
    const answers = {
      'hr.example.net': ['203.0.113.5', '203.0.113.6', '203.0.113.7'],
      'vpn.example.com': ['203.0.113.6'],
      'mayfly.example.com': ['203.0.113.7'],
    }
    expect(routed(user, resolvedOf(answers))).toMatchObject({
      routes: ['10.0.0.0/8', '203.0.113.5/32'],
      exclusions: ['203.0.113.7/32'],
      refused: [
        'hr.example.net 203.0.113.6/32 is a server of the tunnel itself',
        'hr.example.net 203.0.113.7/32 is the service, which stays outside',
      ],
    })
  })

  it('excludes by no name what another name leads a route to, nor the DNS servers of the tunnel', () => {
    const user = {
      routes: ['10.0.0.0/8', 'hr.example.net'],
      exclusions: ['cdn.example.net'],
      dns: [{ name: '.corp.example', servers: ['203.0.113.53'] }],
    }
    const answers = { 'hr.example.net': ['203.0.113.5'], 'cdn.example.net': ['203.0.113.5', '203.0.113.53'] }
    expect(routed(user, resolvedOf(answers))).toMatchObject({
      routes: ['10.0.0.0/8', '203.0.113.5/32'],
      exclusions: [],
      refused: [
        'cdn.example.net 203.0.113.5/32 is what a route leads to',
        'cdn.example.net 203.0.113.53/32 is of what the tunnel is for',
      ],
    })
  })

  it('excludes IPv6 only where the device has a gateway of it, and tells what it leaves out (fault 9)', () => {
    const user = {
      routes: ['10.0.0.0/8', '2001:db8::/32'],
      exclusions: ['2001:db8:1::/48', '198.51.100.0/24'],
    }
    expect(routed(user, resolvedOf({}, {}, false))).toMatchObject({
      routes: ['10.0.0.0/8', '2001:db8::/32'],
      exclusions: ['198.51.100.0/24'],
      withoutGateway: ['2001:db8:1::/48'],
    })
    expect(routed(user)).toMatchObject({
      exclusions: ['198.51.100.0/24', '2001:db8:1::/48'],
      withoutGateway: [],
    })
  })

  it('excludes what the lists of the tunnel have, but nothing that the tunnel is for', () => {
    const user = { routes: ['10.0.0.0/8', '203.0.113.0/24', 'hr.example.net'], 'exclusion-lists': ['a.txt'] }
    const lists = {
      'a.txt': [
        '198.51.100.0/24',
        '203.0.0.0/16',
        '10.1.2.0/24',
        '192.0.2.7/32',
        '192.0.2.0/24',
        '2001:db8::/32',
      ],
      'of-another-tunnel.txt': ['198.18.0.0/15'],
    }
    expect(routed(user, resolvedOf({ 'hr.example.net': ['192.0.2.7'] }, lists, false))).toMatchObject({
      routes: ['10.0.0.0/8', '192.0.2.7/32', '203.0.113.0/24'],
      exclusions: ['192.0.2.0/24', '198.51.100.0/24'],
      refused: [
        'a.txt 203.0.0.0/16 is of what the tunnel is for',
        'a.txt 10.1.2.0/24 is of what the tunnel is for',
        'a.txt 192.0.2.7/32 is what a route leads to',
      ],
      withoutGateway: ['2001:db8::/32'],
    })
  })

  it('lets no answer and no list steer the tunnel, whatever they say', () => {
    const address = fc.constantFrom(...addresses)
    const answer = fc.array(address, { maxLength: 6 })
    const network = fc.oneof(
      address.map((one) => `${one}/${one.includes(':') ? 128 : 32}`),
      fc.constantFrom('10.0.0.0/16', '8.0.0.0/6', '198.51.100.0/24', '2001:db8::/32', 'fc00::/7'),
    )
    const hosts = ['hr.example.net', 'cdn.example.net', 'mayfly.example.com', 'vpn.example.com']
    const names = fc.record(Object.fromEntries(hosts.map((host) => [host, answer])))
    const tunnels = [
      { routes: ['10.0.0.0/8', 'fd00::/8', 'hr.example.net'] },
      { routing: 'full', exclusions: ['192.168.1.0/24'] },
    ].map(({ exclusions = [], ...own }) => ({
      ...own,
      exclusions: [...exclusions, 'cdn.example.net'],
      'exclusion-lists': ['a.txt'],
      dns: [{ name: '.', servers: ['203.0.113.53', '2001:db8:ffff::1'] }],
    }))
    const run = (user: (typeof tunnels)[number], answers: Record<string, string[]>, list: string[]) => {
      const { routes, exclusions } = routed(user, resolvedOf(answers, { 'a.txt': list }))
      const own =
        'routing' in user ? ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] : user.routes
      const kept = [...(own ?? []), '203.0.113.53/32', '2001:db8:ffff::1/128'].flatMap(
        (one) => prefixOf(one) ?? [],
      )
      for (const one of routes.filter((route) => !(own ?? []).includes(route))) {
        expect(one).toMatch(/\/(?:32|128)$/)
        expect(
          answers['vpn.example.com']?.map((text) => `${text}/${text.includes(':') ? 128 : 32}`),
        ).not.toContain(one)
        expect(exclusions).not.toContain(one)
      }
      for (const one of exclusions.filter((text) => !user.exclusions.includes(text))) {
        const prefix = prefixOf(one)
        const overlaps = (inside: IpPrefix) =>
          prefix && (containsPrefix(inside, prefix) || containsPrefix(prefix, inside))
        expect(kept.filter(overlaps)).toEqual([])
      }
    }
    fc.assert(fc.property(fc.constantFrom(...tunnels), names, fc.array(network, { maxLength: 6 }), run))
  })
})
