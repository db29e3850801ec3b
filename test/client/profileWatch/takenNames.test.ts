import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { watchSpecs } from '../../../cli/agent/openWatches.ts'
import { planChanges } from '../../../client/profileWatch/planChanges.ts'
import { readWatchState } from '../../../client/profileWatch/watchState.ts'
import { readProfile } from '../../../client/vpnProfile/readProfile.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { tomlOf, watchWorld } from './watchWorld.ts'

const { signal } = new AbortController()
const options = { adopt: true, removeUnmanaged: false }

/** Two watches of one client that have a tunnel of the same name. */
const twoWatches = async () => {
  const world = await watchWorld()
  const folder = await temporaryFolder()
  const file = join(folder, 'vpn.toml')
  const write = (tunnels: Parameters<typeof tomlOf>[0]) => writeFile(file, tomlOf(tunnels), { mode: 0o600 })
  await write({ user: ['Contoso', '10.9.0.0/16'] })
  const changes = { file, folder, inputs: [file], read: () => readProfile(file), earlier: [world.folder] }
  const later = world.open(options, changes)
  return { ...world, write, spec: { ...world.spec, ...changes }, first: world.open(options), later }
}

it('two watches of one client do not replace each other, however they began: the first in the file has it', async () => {
  const { first, later, place, spec, time } = await twoWatches()
  await Promise.all([later.once(signal), first.once(signal)])
  await later.once(signal)
  const done = [...place.done]
  for (const one of [first, later, first, later]) await one.once(signal)
  expect(place.done).toEqual(done)
  expect(place.routes()).toBe('10.0.0.0/8')
  const { profiles } = (await readWatchState(spec.folder)).state
  expect(profiles).toMatchObject([{ name: 'Contoso', isManaged: false, condition: 'foreign' }])
  const told = time.events.filter(({ kind }) => kind === 'profile-foreign')
  expect(told.map(({ text }) => text)).toEqual([
    '"Contoso" is kept by another [[profiles]] of this client, and left to it: one of the two tunnels wants another name.',
  ])
  const { changes } = await planChanges(spec, { options, asks: false, signal })
  expect(changes).toMatchObject([{ name: 'Contoso', change: 'hold', isManaged: false }])
})

it('the later one removes nothing that the first has taken over from it', async () => {
  const { first, later, place, write } = await twoWatches()
  await later.once(signal)
  await first.once(signal)
  await write({ user: ['Second', '10.9.0.0/16'] })
  await later.once(signal)
  expect(place.done).toEqual(['create Contoso', 'replace Contoso', 'create Second'])
})

it.skipIf(process.platform !== 'linux')('watches know which of their client come before them', async () => {
  const { time } = await watchWorld()
  const common = { file: '/v', tunnels: ['user'], trust: undefined, checkMinutes: 60 } as const
  const of = (folder: string, platform: 'openvpn' | 'strongswan') =>
    ({ ...common, folder, place: { platform, credential: '/c', user: 'ada@contoso.example' } }) as const
  const all = [of('/a', 'openvpn'), of('/b', 'strongswan'), of('/c', 'openvpn')]
  const world = { ...time.world, environment: {} }
  expect(watchSpecs(all, world).map(({ earlier }) => earlier)).toEqual([[], [], ['/a']])
})
