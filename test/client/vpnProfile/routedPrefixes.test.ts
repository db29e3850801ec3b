import { describe, expect, it } from 'vitest'
import { parseProfile } from '../../../client/vpnProfile/readProfile.ts'
import { namesOf, routedPrefixes } from '../../../client/vpnProfile/routedPrefixes.ts'
import { addressOf, printAddress } from '../../../lib/text/ipAddress.ts'
import { printPrefix } from '../../../lib/text/ipPrefix.ts'
import { vpnTomlOf } from './vpnTomlOf.ts'

const routed = (
  user: Readonly<Record<string, unknown>>,
  answers: Readonly<Record<string, readonly string[]>> = {},
  service = 'https://mayfly.example.com/base',
) => {
  const read = parseProfile(vpnTomlOf({ user }, { service }), '/')
  if (read.kind === 'faults') throw new Error(JSON.stringify(read.faults))
  const [tunnel] = read.profile.tunnels
  if (!tunnel) throw new Error('no tunnel')
  const resolved = new Map(
    Object.entries(answers).map(([host, all]) => [host, all.flatMap((one) => [addressOf(one) ?? []])]),
  )
  const { routes, exclusions, refused } = routedPrefixes(read.profile, tunnel, resolved)
  return {
    names: namesOf(read.profile, tunnel),
    routes: routes.map(printPrefix),
    exclusions: exclusions.map(printPrefix),
    refused: refused.map(({ host, address }) => `${host} ${printAddress(address)}`),
  }
}

describe('routedPrefixes()', () => {
  it('sorts routes, each address once, whichever names lead there, and keeps the service outside', () => {
    const user = { routes: ['hr.example.com', '2001:db8::/32', '10.0.0.0/8', 'pay.example.com'] }
    const answers = {
      'hr.example.com': ['203.0.113.5'],
      'pay.example.com': ['203.0.113.5'],
      'mayfly.example.com': ['192.0.2.1'],
    }
    expect(routed(user, answers)).toEqual({
      names: ['hr.example.com', 'pay.example.com', 'mayfly.example.com'],
      routes: ['10.0.0.0/8', '203.0.113.5/32', '2001:db8::/32'],
      exclusions: ['192.0.2.1/32'],
      refused: [],
    })
  })

  it('excludes a service that is named by its address', () => {
    const { names, exclusions } = routed({ routes: ['10.0.0.0/8'] }, {}, 'https://[2001:DB8::1]:8443')
    expect([names, exclusions]).toEqual([[], ['2001:db8::1/128']])
  })

  it('does not let who answers for a name steer what the tunnel is there for past it', () => {
    const user = { routes: ['10.0.0.0/8', 'fd00::/8'], exclusions: ['cdn.example.net'] }
    const answers = { 'cdn.example.net': ['10.1.2.3', '198.51.100.1', 'fd00::1'] }
    expect(routed(user, answers)).toMatchObject({
      exclusions: ['198.51.100.1/32'],
      refused: ['cdn.example.net 10.1.2.3', 'cdn.example.net fd00::1'],
    })
  })

  it('nor private addresses past a tunnel of all traffic; what the file itself excludes stands', () => {
    const user = { routing: 'full', exclusions: ['192.168.7.0/24', 'mail.example.net'] }
    expect(routed(user, { 'mail.example.net': ['192.168.1.1'] })).toMatchObject({
      exclusions: ['192.168.7.0/24'],
      refused: ['mail.example.net 192.168.1.1'],
    })
  })

  it('has no route to what is excluded', () => {
    const user = { routes: ['10.0.0.0/8', 'app.example.net'], exclusions: ['198.51.100.1'] }
    expect(routed(user, { 'app.example.net': ['198.51.100.1', '198.51.100.2'] })).toMatchObject({
      routes: ['10.0.0.0/8', '198.51.100.2/32'],
      exclusions: ['198.51.100.1/32'],
    })
  })
})
