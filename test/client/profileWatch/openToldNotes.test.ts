import { expect, it } from 'vitest'
import { formatPlan, planJson } from '../../../cli/profile/formatPlan.ts'
import { planChanges } from '../../../client/profileWatch/planChanges.ts'
import { at, tomlOf, watchWorld } from './watchWorld.ts'

const said = (...more: readonly string[]): string =>
  [tomlOf({ user: ['Contoso', '10.0.0.0/8'] }), ...more].join('\n')

const outage = 'Contoso: outage-seconds has no such setting there.'
const metric = 'Contoso: interface-metric has no such setting there.'

it('a watch tells what the platform lacks at the start and each time that it changes, and not while the file has a fault', async () => {
  const { run, write, time, state } = await watchWorld()
  write(said('outage-seconds = 600'))
  time.at(at(4_000), () => write('tenant = 1'))
  time.at(at(8_000), () => write(said('outage-seconds = 900')))
  time.at(at(12_000), () => write(said('outage-seconds = 900', 'interface-metric = 5')))
  time.at(at(16_000), () => write(said()))
  time.at(at(20_000), () => write(said('outage-seconds = 600')))
  await run(24_000)
  const told = time.events.filter(({ kind }) => kind === 'profile-lacking')
  expect(told.map(({ text }) => text)).toEqual(
    [outage, `${metric} ${outage}`, outage].map(
      (notes) => `The platform does not do all that the file says: ${notes}`,
    ),
  )
  expect(told[0]).toMatchObject({ level: 'warning', facts: { platform: 'openvpn' } })
  expect(state().notes).toEqual([outage])
})

it('a plan tells it of the tunnels that are kept', async () => {
  const { write, spec } = await watchWorld()
  const second = tomlOf({ user: ['Contoso', '10.0.0.0/8'], backup: ['Second', '10.0.0.0/8'] })
  write(`${second}\noutage-seconds = 600`)
  const planned = (tunnels: typeof spec.tunnels) =>
    planChanges(
      { ...spec, tunnels },
      {
        options: { adopt: false, removeUnmanaged: false },
        asks: false,
        signal: new AbortController().signal,
      },
    )
  const plan = await planned(['backup'])
  const note = 'Second: outage-seconds has no such setting there.'
  expect(formatPlan('f', plan).split('\n').at(-1)).toBe(note)
  expect(planJson('f', plan).notes).toEqual([note])
  expect((await planned(['user'])).notes).toEqual([])
})
