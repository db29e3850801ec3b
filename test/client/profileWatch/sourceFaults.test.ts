import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { openSources } from '../../../client/profileWatch/openSources.ts'
import { parseProfile } from '../../../client/vpnProfile/readProfile.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { answering, sourceWorld } from '../vpnProfile/sources/sourceWorld.ts'
import { vpnTomlOf } from '../vpnProfile/vpnTomlOf.ts'

const read = (user: Readonly<Record<string, unknown>>) => {
  const parsed = parseProfile(vpnTomlOf({ user }), '/')
  if (parsed.kind === 'faults') throw new Error(JSON.stringify(parsed.faults))
  return parsed.profile
}

describe('what openSources() tells', () => {
  it('names what is not taken of an answer, and what a device without IPv6 is without (fault 9)', async () => {
    const folder = await temporaryFolder()
    const profile = read({ routes: ['10.0.0.0/8'], exclusions: ['cdn.example.net', '2001:db8::/32'] })
    const follow = (answers: Readonly<Record<string, readonly string[]>>) => {
      const { lookup, fetchList, now, signal } = sourceWorld({ lookup: answering(answers) })
      const sources = openSources(folder, {
        lookup,
        fetchList,
        now,
        clock: () => 0,
        report: () => {},
        hasIpv6Gateway: () => Promise.resolve(false),
      })
      return sources.follow(profile, profile.tunnels, signal)
    }
    const { routed, faults } = await follow({ 'cdn.example.net': ['198.51.100.7', '10.0.0.7'] })
    expect(faults.map(({ source, text }) => [source, text])).toEqual([
      [
        'cdn.example.net 10.0.0.7/32',
        'cdn.example.net leads to 10.0.0.7/32, which is of what the tunnel is for: it is not taken.',
      ],
      [
        'IPv6 of Contoso',
        'Contoso is without its exclusions of IPv6 (1, such as 2001:db8::/32): the device has no gateway of IPv6.',
      ],
    ])
    expect(JSON.parse(await readFile(`${folder}/sources.json`, 'utf8'))).toMatchObject({
      names: { 'cdn.example.net': { A: { addresses: ['10.0.0.7', '198.51.100.7'] } } },
    })
    expect((await follow({})).routed).toEqual(routed)
  })
})
