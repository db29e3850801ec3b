import { describe, expect, it } from 'vitest'
import { parseProfile } from '../../../client/vpnProfile/readProfile.ts'
import { routeNotes } from '../../../client/vpnProfile/routeNotes.ts'
import { vpnTomlOf } from './vpnTomlOf.ts'

const notes = (user: Readonly<Record<string, unknown>>) => {
  const read = parseProfile(vpnTomlOf({ user }), '/')
  return read.kind === 'profile' ? read.profile.tunnels.flatMap(routeNotes) : read.faults
}

describe('routeNotes()', () => {
  it('tells of networks within others of the same list', () => {
    const routes = [
      '10.1.0.0/16',
      'fd00::/8',
      '10.0.0.0/8',
      '10.1.2.0/24',
      '10.2.0.0/16',
      '192.0.2.0/24',
      'fd00:1::/32',
    ]
    expect(notes({ routes })).toEqual([
      'Contoso: routes has 10.1.0.0/16, which is within 10.0.0.0/8 and says nothing.',
      'Contoso: routes has 10.1.2.0/24, which is within 10.1.0.0/16 and says nothing.',
      'Contoso: routes has 10.2.0.0/16, which is within 10.0.0.0/8 and says nothing.',
      'Contoso: routes has fd00:1::/32, which is within fd00::/8 and says nothing.',
    ])
  })

  it('but of none that lies in the other list first', () => {
    const routes = ['10.0.0.0/8', '10.1.2.0/24']
    expect(notes({ routes, exclusions: ['10.1.0.0/16', '10.3.0.0/16', '10.1.2.3'] })).toEqual([])
    expect(notes({ routes, exclusions: ['10.1.0.0/16', '10.1.3.0/24'] })).toEqual([
      'Contoso: exclusions has 10.1.3.0/24, which is within 10.1.0.0/16 and says nothing.',
    ])
  })
})
