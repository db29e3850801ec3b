import { describe, expect, it } from 'vitest'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'

const everySetting = Array.from({ length: 60 }, (_, index) => index + 1)

describe('requestTimes()', () => {
  it('has 10 s for a request', () => {
    expect(requestTimes().requestMilliseconds).toBe(10_000)
  })

  it.each(everySetting)('shares out %i s so that what belongs together fits', (seconds) => {
    const times = requestTimes(seconds)
    const { requestMilliseconds, tablesMilliseconds, signMilliseconds } = times
    const { recordMilliseconds, refusalMilliseconds, answerMilliseconds } = times
    expect(requestMilliseconds).toBe(1_000 * seconds)
    // Two issuers that hang, and the record of what the next one signs at once.
    expect(2 * signMilliseconds + recordMilliseconds).toBeLessThan(requestMilliseconds - answerMilliseconds)
    // A look-up that just makes it, one issuer that hangs, and the record.
    expect(tablesMilliseconds + signMilliseconds + recordMilliseconds).toBeLessThan(requestMilliseconds)
    // A directory that just answers, one issuer that hangs, and the record.
    const { directoryMilliseconds, directoryCallMilliseconds } = times
    expect(directoryMilliseconds + signMilliseconds + recordMilliseconds).toBeLessThan(requestMilliseconds)
    expect(directoryCallMilliseconds).toBeLessThan(directoryMilliseconds)
    expect(refusalMilliseconds).toBeLessThan(tablesMilliseconds)
    expect(Math.min(...Object.values(times))).toBeGreaterThan(0)
  })
})
