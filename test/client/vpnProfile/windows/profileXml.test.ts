import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { printFault } from '../../../../client/agent/configurationFault.ts'
import { parseProfile } from '../../../../client/vpnProfile/readProfile.ts'
import { routedPrefixes } from '../../../../client/vpnProfile/routedPrefixes.ts'
import { followSources } from '../../../../client/vpnProfile/sources/followSources.ts'
import { noSources } from '../../../../client/vpnProfile/sources/keptSources.ts'
import { answering, sourceWorld } from '../sources/sourceWorld.ts'
import { profileXml } from '../../../../client/vpnProfile/windows/profileXml.ts'
import { lackingNotes } from '../../../../client/vpnProfile/settings.ts'
import { dpcCases, type DpcSettings, vpnToml } from './dpcCases.ts'
import { type Difference, dpcDifferences } from './dpcDifferences.ts'

/** Removes what means nothing, and puts routes in one order: theirs has no meaning. */
const plain = (xml: string): string => {
  const bare = xml
    .replaceAll(/<!--[^]*?-->/g, '')
    .replaceAll(/>\s+</g, '><')
    .trim()
  const routes = bare.match(/<Route>.*?<\/Route>/g) ?? []
  const rest = bare.replaceAll(/<Route>.*?<\/Route>/g, '')
  return rest.replace('</VPNProfile>', `${routes.toSorted().join('\n')}\n</VPNProfile>`)
}

const read = (text: string) => {
  const parsed = parseProfile(text, '/')
  if (parsed.kind === 'faults') throw new Error(parsed.faults.map(printFault).join('\n'))
  return parsed.profile
}

const xmlOf = async (settings: DpcSettings): Promise<string> => {
  const profile = read(vpnToml(settings))
  const [tunnel] = profile.tunnels
  if (!tunnel) throw new Error('no tunnel')
  const answers = Object.entries(settings.resolver ?? {}).flatMap(([host, one]) =>
    typeof one === 'string' ? [] : [[host, one] as const],
  )
  const world = sourceWorld({ lookup: answering(Object.fromEntries(answers)) })
  const { resolved } = await followSources(profile, { tunnels: [tunnel], kept: noSources }, world)
  const isEntra = settings.deviceCompliance !== undefined
  return profileXml(profile, tunnel, routedPrefixes(profile, tunnel, resolved), { isEntra })
}

const cases = dpcCases()
const accepted = cases.filter(({ xml }) => xml !== undefined)

const all = (but: Difference | undefined, name: string): readonly Difference[] =>
  dpcDifferences.filter((one) => one !== but && one.cases.includes(name))

const saidBy = (differences: readonly Difference[], settings: DpcSettings): DpcSettings =>
  differences.reduce((so, { said }) => said?.(so) ?? so, settings)

const settingsOf = (name: string): DpcSettings => {
  const found = cases.find((one) => one.name === name)
  if (found) return found.settings
  throw new Error(`There is no case ${name}.`)
}

describe('profileXml() writes what Always On VPN DPC does, but for what is told', () => {
  it('in nine cases', () => expect(accepted).toHaveLength(9))

  it.each(accepted)('$name', async ({ name, settings, xml = '' }) => {
    const own = all(undefined, name)
    const theirs = own.reduce(
      (so, { written: change }) => {
        const changed = change?.(so) ?? so
        if (change) expect(changed, 'the difference is there').not.toBe(so)
        return changed
      },
      plain(xml).replaceAll('\n', ''),
    )
    expect(plain(await xmlOf(saidBy(own, settings)))).toBe(plain(theirs))
  })
})

describe('parseProfile() refuses what DPC changes or leaves out', () => {
  const refusing = dpcDifferences.flatMap((one) => (one.refused ? [{ ...one, difference: one }] : []))

  it.each(refusing)('whereas DPC $dpc', ({ cases: [name = ''], refused, difference }) => {
    const settings = saidBy(all(difference, name), settingsOf(name))
    expect(() => read(vpnToml(settings))).toThrow(refused)
  })

  it('and names each setting of a profile that DPC refuses', () => {
    const { limitEku, deviceCompliance, ...settings } = settingsOf('17')
    const refused = [
      'server\\.roots\\[0\\]: "nope" must be',
      'certificate\\.marker: must be a dotted',
      'servers\\[0\\]\\.name: is no host name',
      'kerberos\\.issuers\\[0\\]: "zz" must be',
    ]
    for (const pattern of refused) expect(() => read(vpnToml(settingsOf('17')))).toThrow(new RegExp(pattern))
    expect([limitEku, deviceCompliance]).not.toContain(undefined)
    const named = { ...settings, server: 'vpn.example.com', serverRootThumbprints: ['aa'.repeat(20)] }
    expect(() => read(vpnToml(named))).toThrow(/tunnels\.user\.routes: are missing/)
  })

  it('but takes several servers, of which it tells that Windows tries the first alone', () => {
    const profile = read(vpnToml(settingsOf('08')))
    expect(profile.tunnels.flatMap((tunnel) => lackingNotes(tunnel, 'windows'))).toEqual([
      expect.stringMatching(/^Contoso Many: servers has several: Windows only ever tries the first/),
    ])
  })
})

const page = new URL('../../../../docs/profiles.md', import.meta.url)
const [start, end] = ['<!-- dpc: made by the tests -->\n', '<!-- dpc: end -->']

it('docs/profiles.md tells every difference', async () => {
  const rows = dpcDifferences.map(({ cases: of, dpc, mayfly }) => `| ${of.join(', ')} | ${dpc} | ${mayfly} |`)
  const table = ['| cases | DPC | Mayfly |', '|---|---|---|', ...rows, ''].join('\n')
  const text = await readFile(page, 'utf8')
  const [before = '', rest = ''] = text.split(start)
  const told = `${before}${start}${table}${end}${rest.split(end)[1] ?? ''}`
  if (process.env['MAYFLY_UPDATE_DOCS'] === '1') await writeFile(page, told)
  expect(await readFile(page, 'utf8')).toBe(told)
})
