import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { printFault } from '../../../client/agent/configurationFault.ts'
import { parseProfile } from '../../../client/vpnProfile/readProfile.ts'
import { lackingNotes, platforms, serverNotes, settings } from '../../../client/vpnProfile/settings.ts'
import { settingChanges } from './settingChanges.ts'
import { vpnTomlOf } from './vpnTomlOf.ts'
import { tunnelOf } from './windows/writtenProfile.ts'

it('settings names what vpn.toml has, each of which some test changes', () => {
  const changed = settingChanges.map(([name]) => name)
  for (const name of Object.keys(settings)) expect(changed).toContain(name)
})

it('names of the server that only Windows looks for, and tunnels that only Windows has, are told', () => {
  const routes = ['10.0.0.0/8']
  const server = { names: ['a.example', 'b.example'], roots: ['a'.repeat(40)] }
  const tunnels = { user: { routes }, device: { name: 'Machine', routes } }
  const read = parseProfile(vpnTomlOf(tunnels, { server }), '/')
  if (read.kind === 'faults') throw new Error(read.faults.map(printFault).join('\n'))
  const { profile } = read
  const told = platforms.map((platform) => [
    ...serverNotes(profile, platform),
    ...profile.tunnels.flatMap((tunnel) => (tunnel.kind === 'device' ? lackingNotes(tunnel, platform) : [])),
  ])
  const ofLinux = [
    'server.names has several: the certificate of every server must have the first, a.example.',
    'Machine: a device tunnel is of Windows alone.',
  ]
  expect(told).toEqual([[], [], ofLinux, ofLinux, ofLinux])
  expect(serverNotes({ server: { ...profile.server, names: ['a.example'] } }, 'openvpn')).toEqual([])
})

it.each(['a:b', 'a|b', '.a'])('tells of the name %s that Windows takes none such, and Linux does', (name) => {
  const { tunnel } = tunnelOf(vpnTomlOf({ user: { routes: ['10.0.0.0/8'], name } }))
  const told = platforms.map((platform) =>
    lackingNotes(tunnel, platform).filter((note) => note.includes('name is none')),
  )
  const ofWindows = [expect.stringContaining(`${name}: name is none that Windows takes: 255 characters`)]
  expect(told).toEqual([ofWindows, ofWindows, [], [], []])
})

it('tells of a metric of routes where Windows has no route, for all traffic is in the tunnel', () => {
  const told = (user: Readonly<Record<string, unknown>>) => {
    const { tunnel } = tunnelOf(vpnTomlOf({ user: { ...user, 'route-metric': 7 } }))
    return lackingNotes(tunnel, 'windows').filter((note) => note.includes('route-metric'))
  }
  expect(told({ routing: 'full' })).toEqual([expect.stringContaining('is of routes alone there')])
  expect(told({ routes: ['10.0.0.0/8'] })).toEqual([])
})

const page = new URL('../../../docs/profiles.md', import.meta.url)
const [start, end] = ['<!-- settings: made by the tests -->\n', '<!-- settings: end -->']

it('docs/profiles.md tells what each platform lacks', async () => {
  const rows = Object.entries(settings).map(
    ([name, { lacking }]) => `| \`${name}\` | ${platforms.map((one) => lacking[one] ?? '').join(' | ')} |`,
  )
  const heading = [`| | ${platforms.join(' | ')} |`, `|---|${'---|'.repeat(platforms.length)}`]
  const text = await readFile(page, 'utf8')
  const [before = '', rest = ''] = text.split(start)
  const told = `${before}${start}${[...heading, ...rows, ''].join('\n')}${end}${rest.split(end)[1] ?? ''}`
  if (process.env['MAYFLY_UPDATE_DOCS'] === '1') await writeFile(page, told)
  expect(await readFile(page, 'utf8')).toBe(told)
})
