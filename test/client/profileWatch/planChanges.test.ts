import { expect, it } from 'vitest'
import { planChanges } from '../../../client/profileWatch/planChanges.ts'
import { formatPlan, planJson } from '../../../cli/profile/formatPlan.ts'
import { formOf, tomlOf, watchWorld } from './watchWorld.ts'

const signal = new AbortController().signal

it('planChanges() tells what a check does then, and changes nothing', async () => {
  const { place, once, write, spec, state } = await watchWorld()
  await once()
  const before = state()
  write(tomlOf({ user: ['Contoso', '10.1.0.0/16'], backup: ['Second', '10.0.0.0/8'] }))
  place.profiles.set('Old', formOf('Old', '192.168.0.0/16'))
  place.states.set('Contoso', 'up')
  const [done, mended] = [place.done.length, place.mended]
  const options = { adopt: false, removeUnmanaged: true }
  const plan = await planChanges(spec, { options, asks: true, signal })
  expect(place.done).toHaveLength(done)
  expect(place.mended).toBe(mended)
  expect(state()).toEqual(before)
  expect(formatPlan('vpn.toml', plan)).toBe(
    [
      'vpn.toml',
      '"Contoso" is replaced, when its tunnel ends',
      '  routes: 10.1.0.0/16 is wanted, 10.0.0.0/8 is installed',
      '"Second" is created',
      '"Old" is removed',
    ].join('\n'),
  )
  expect(planJson('vpn.toml', plan).changes[0]).toMatchObject({
    change: 'replace',
    isManaged: true,
    tunnel: 'up',
    wanted: { routes: '10.1.0.0/16' },
    installed: { routes: '10.0.0.0/8' },
  })
  await once(options)
  expect(place.done.slice(done)).toEqual(['create Second', 'remove Old'])
})

it('planChanges() names what is left, and why', async () => {
  const { place, spec, sources, write } = await watchWorld()
  write(tomlOf({ user: ['Contoso', '10.1.0.0/16'], backup: ['Second', '10.0.0.0/8'] }))
  place.profiles.set('Contoso', formOf('Contoso')).set('Old', formOf('Old'))
  sources.lacking = ['hr.example.net']
  const options = { adopt: false, removeUnmanaged: false }
  const plan = await planChanges(spec, { options, asks: false, signal })
  expect(plan.changes.map(({ name, change }) => `${name} ${change}`)).toEqual([
    'Contoso foreign',
    'Second hold',
    'Old leave',
  ])
  expect(formatPlan('f', plan)).toContain('no address of hr.example.net is known')
  const failed = {
    source: 'a.txt',
    kind: 'missing',
    text: 'a.txt never had an answer',
    mayPass: true,
  } as const
  sources.faults = [failed, { ...failed, kind: 'refused', text: 'b.txt is not taken' }]
  const told = async (asks: boolean) => formatPlan('f', await planChanges(spec, { options, asks, signal }))
  expect(await told(true)).toMatch(/\na\.txt never had an answer\nb\.txt is not taken$/)
  expect(await told(false)).toMatch(/\nb\.txt is not taken$/)
  expect(await told(false)).not.toContain('a.txt')
})
