import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AgentState, noState } from '../../../client/agent/agentState.ts'
import { backOff, lookAgain, momentOf, nextAction, usualWindow } from '../../../client/agent/nextAction.ts'

const at = (minutes: number): Date => new Date(Date.UTC(2026, 2, 2, 8) + minutes * 60_000)
const text = (minutes: number): string => at(minutes).toISOString()
const held = { notBefore: at(-5), notAfter: at(60) }
const planned: AgentState = { ...noState, renewAt: text(40) }
const failing = (isRefusal: boolean, changes: Partial<AgentState> = {}): AgentState => ({
  ...planned,
  failures: 3,
  retryAt: text(50),
  lastError: {
    code: isRefusal ? 'device-not-compliant' : 'service-unavailable',
    detail: 'No.',
    remedy: 'Do it.',
    isRefusal,
    since: text(41),
    at: text(45),
  },
  ...changes,
})

describe('nextAction()', () => {
  it.each([
    ['waits for its moment', { held, state: planned }, 0, { kind: 'wait', until: at(40) }],
    ['renews at its moment', { held, state: planned }, 40, { kind: 'renew' }],
    ['renews after its moment, such as after a sleep', { held, state: planned }, 55, { kind: 'renew' }],
    ['renews what has ended', { held, state: planned }, 61, { kind: 'renew' }],
    ['renews what begins in the future', { held, state: planned }, -6, { kind: 'renew' }],
    ['asks for the first one', { held: undefined, state: noState }, 0, { kind: 'renew' }],
    ['has no wait before what it never planned', { held, state: noState }, 0, { kind: 'renew' }],
    ['waits after a failure', { held, state: failing(false) }, 46, { kind: 'wait', until: at(50) }],
    [
      'waits after a refusal, ended or not',
      { held, state: failing(true, { retryAt: text(70) }) },
      61,
      { kind: 'wait', until: at(70) },
    ],
    ['tries again then', { held, state: failing(false) }, 50, { kind: 'renew' }],
    [
      'renews what ends sooner than is wanted',
      { held, state: planned, minLeftMilliseconds: 35 * 60_000 },
      30,
      { kind: 'renew' },
    ],
    [
      'leaves what is good for as long as is wanted',
      { held, state: planned, minLeftMilliseconds: 30 * 60_000 },
      30,
      { kind: 'wait', until: at(40) },
    ],
    [
      'leaves what was never good for as long as is wanted, which another one would not be either',
      { held, state: planned, minLeftMilliseconds: 60 * 60_000 },
      27,
      { kind: 'wait', until: at(40) },
    ],
    [
      'renews that from half its life on',
      { held, state: planned, minLeftMilliseconds: 60 * 60_000 },
      28,
      { kind: 'renew' },
    ],
    [
      'tries at once where no time can be read',
      { held, state: { ...failing(false), retryAt: 'soon' } },
      46,
      { kind: 'renew' },
    ],
  ] as const)('%s', (_, situation, now, wanted) => {
    expect(nextAction(situation, at(now))).toMatchObject(wanted)
  })
})

describe('lookAgain()', () => {
  it.each([
    ['a quarter of a minute after a failure', failing(false), 45.25],
    ['a minute after a refusal', failing(true), 46],
    ['not before the service asked for', failing(false, { askedUntil: text(48) }), 48],
    ['never later than planned', failing(false, { askedUntil: text(58) }), 50],
  ])('lets it be tried %s', (_, state, wanted) => {
    expect(lookAgain(state).retryAt).toBe(text(wanted))
  })

  it('changes nothing where nothing failed', () => expect(lookAgain(planned)).toBe(planned))
})

describe('momentOf()', () => {
  const minutes = fc.integer({ min: -600, max: 600 })
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  it('is in the window, and never sooner than half a minute from now', () => {
    fc.assert(
      fc.property(minutes, fc.integer({ min: 0, max: 60 }), minutes, chance, (from, long, now, by) => {
        const moment = momentOf({ start: at(from), end: at(from + long) }, by, at(now))
        expect(Number(moment)).toBeGreaterThanOrEqual(Number(at(now + 0.5)))
        expect(Number(moment)).toBeGreaterThanOrEqual(Number(at(from)))
        expect(Number(moment)).toBeLessThanOrEqual(Math.max(Number(at(from + long)), Number(at(now + 0.5))))
      }),
    )
  })

  it('is all over the window', () => {
    const moments = [0, 0.5, 0.99].map((by) => momentOf({ start: at(35), end: at(50) }, by, at(0)))
    expect(moments).toEqual([at(35), at(42.5), at(49.85)])
  })

  it('of what somebody else enrolled is in the third quarter of its life', () => {
    expect(usualWindow({ notBefore: at(0), notAfter: at(60) })).toEqual({ start: at(30), end: at(45) })
  })
})

describe('backOff()', () => {
  const failures = fc.integer({ min: 1, max: 10_000 })
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  it.each([
    [false, 1, 0, 15],
    [false, 3, 0, 60],
    [false, 50, 0, 300],
    [true, 1, 0, 60],
    [true, 50, 0, 900],
    [false, 1, 120, 180],
    [false, 1, 999_999, 5_400],
  ])('refused %s, failure %i, asked for %i s: at most %i s', (isRefusal, count, retryAfterSeconds, most) => {
    const failure = { isRefusal, failures: count, retryAfterSeconds, leftMilliseconds: 0 }
    expect(Math.round(backOff(failure, 0.999_999).milliseconds / 1000)).toBe(most)
  })

  it.each([
    ['a quarter of what is left', false, 120, 30],
    ['no less than at first', false, 10, 15],
    ['as long as ever where much is left', false, 3_600, 300],
    ['as long as ever after the end', false, -1, 300],
    ['as long as ever after a refusal', true, 120, 900],
  ])('waits %s', (_, isRefusal, leftSeconds, most) => {
    const failure = { isRefusal, failures: 50, retryAfterSeconds: 0, leftMilliseconds: leftSeconds * 1000 }
    expect(Math.round(backOff(failure, 0.999_999).milliseconds / 1000)).toBe(most)
  })

  it('is never sooner than asked, and never without a pause', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        failures,
        fc.integer({ min: 0, max: 3_600 }),
        fc.integer({ min: -86_400, max: 86_400 }),
        chance,
        (isRefusal, count, asked, left, by) => {
          const failure = {
            isRefusal,
            failures: count,
            retryAfterSeconds: asked,
            leftMilliseconds: left * 1000,
          }
          const { milliseconds } = backOff(failure, by)
          expect(milliseconds).toBeGreaterThanOrEqual(Math.max(asked * 1000, 7_500))
        },
      ),
    )
  })
})
