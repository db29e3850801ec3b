import { describe, expect, it } from 'vitest'
import { at, secondsOf, watchWorld } from './watchWorld.ts'

describe('openWatch()', () => {
  it('creates the profile at the start, and checks every hour with jitter', async () => {
    const { run, place, sources, time } = await watchWorld()
    await run(24 * 3_600)
    expect(place.done).toEqual(['create Contoso'])
    expect(sources.asked).toBeGreaterThanOrEqual(24)
    expect(sources.asked).toBeLessThanOrEqual(27)
    const checks = time.events.filter(({ kind }) => kind === 'profiles-checked')
    const gaps = checks
      .slice(1)
      .map((one, index) => secondsOf(one.at) - secondsOf(checks[index]?.at ?? at(0)))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3_600)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3_240)
    expect(new Set(gaps).size).toBeGreaterThan(5)
  })

  it('replaces the profile within 15 s of a change of the file', async () => {
    const { run, place, say, time } = await watchWorld()
    time.at(at(100), () => void say('10.1.0.0/16'))
    await run(120)
    expect(place.done).toEqual(['create Contoso', 'replace Contoso'])
    expect(place.routes()).toBe('10.1.0.0/16')
  })
})
