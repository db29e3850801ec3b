import { expect, it } from 'vitest'
import { keptCredential } from '../../../client/agent/keptCredential.ts'
import { runAgent } from '../../../client/agent/runAgent.ts'
import { credentialInMemory } from './credentialInMemory.ts'
import { seeded, simulatedTime } from './simulatedTime.ts'
import { busy, standInService } from './standInService.ts'

const minute = 60_000
const begin = new Date('2026-03-02T08:00:00Z')

/** Bounded, for a test that runs with others; 2,000 with MAYFLY_CROWD=2000. */
const crowd = Number(process.env.MAYFLY_CROWD ?? 300)
const minutes = 130

/** What the one host of the service takes in a second, a sixth of what comes in the first minute at its peak. */
const perSecond = Math.ceil(crowd / 150)

it('a crowd that starts in one minute gets its certificates, and renews spread over the window', async () => {
  const time = simulatedTime(begin, 5)
  const chance = seeded(11)
  const stop = new AbortController()
  const load = new Map<number, number>()
  const service = await standInService(time.now, () => {
    const second = Math.floor(time.now().getTime() / 1000)
    const taken = (load.get(second) ?? 0) + 1
    load.set(second, taken)
    return taken > perSecond ? busy(10) : undefined
  })
  const specs = Array.from({ length: crowd }, () => credentialInMemory(service.url))
  time.at(new Date(begin.getTime() + minutes * minute), () => stop.abort())
  const agents = specs.map((spec) =>
    time.run(async () => {
      await time.world.wait(chance() * minute, stop.signal)
      await runAgent([keptCredential(spec)], time.world, stop.signal)
    }),
  )
  await Promise.all(agents)

  const minuteOf = (at: Date) => Math.floor((at.getTime() - begin.getTime()) / minute)
  const histogram = Array.from({ length: minutes }, () => ({ issued: 0, busy: 0 }))
  for (const { at, status } of service.served) {
    const bin = histogram[minuteOf(at)]
    if (bin) bin[status === 201 ? 'issued' : 'busy'] += 1
  }
  const bars = histogram.flatMap(({ issued, busy: refused }, index) =>
    issued + refused === 0
      ? []
      : [
          `${String(index).padStart(3)} min ${'#'.repeat(Math.ceil((issued * 300) / crowd))}${'.'.repeat(Math.ceil((refused * 300) / crowd))} ${issued}, busy ${refused}`,
        ],
  )
  process.stdout.write(`${crowd} agents, ${service.served.length} requests:\n${bars.join('\n')}\n`)

  // None is left without, and none has to be asked for twice as often as there are certificates.
  const end = time.now()
  expect(specs.filter((spec) => (spec.inUse()?.notAfter ?? begin) <= end)).toEqual([])
  expect(histogram.slice(5).reduce((sum, { busy: refused }) => sum + refused, 0)).toBeLessThan(crowd / 10)
  // Fifteen minutes of window, and what the first minutes took longer: no minute gets more than twice its share.
  const renewals = histogram.slice(34, 56).map(({ issued }) => issued)
  expect(renewals.reduce((sum, one) => sum + one, 0)).toBe(crowd)
  expect(Math.max(...renewals)).toBeLessThan((2 * crowd) / 15)
}, 300_000)
