import { beforeEach, describe, expect, it } from 'vitest'
import { openSingleFlight, type Outcome, type SingleFlight } from '../../../lib/enroll/singleFlight.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import type { Entry } from '../../../lib/ledger/record/entry.ts'

let time: number
let flights: SingleFlight
let issued: string[]

beforeEach(() => {
  time = 0
  issued = []
  flights = openSingleFlight(20_000, () => time)
})

const once = (token: string, issue: () => Promise<Outcome>) =>
  flights.once(token, issue, (outcome) => outcome)

const entryOf = (serialNumber: string) => ({ serialNumber }) as Entry
const bought = (serialNumber: string): Outcome => ({ created: true, entry: entryOf(serialNumber) })

/** Issues when a test lets it. */
const held = (name: string) => {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  const issue = (): Promise<Outcome> => {
    issued.push(name)
    return promise
  }
  return { issue, succeed: () => resolve(bought(name)), fail: reject }
}

const issuing = (name: string) => (): Promise<Outcome> => {
  issued.push(name)
  return Promise.resolve(bought(name))
}

describe('openSingleFlight()', () => {
  it('issues once for all that come meanwhile, and tells them that another bought it', async () => {
    const leader = held('first')
    const first = once('token', leader.issue)
    const others = Array.from({ length: 500 }, (_, index) => once('token', issuing(`other ${index}`)))
    leader.succeed()
    expect(await first).toEqual(bought('first'))
    expect(new Set((await Promise.all(others)).map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify({ entry: entryOf('first'), created: false })]),
    )
    expect(issued).toEqual(['first'])
  })

  it('keeps tokens apart', async () => {
    const leader = held('first')
    const first = once('token', leader.issue)
    expect(await once('another', issuing('another'))).toEqual(bought('another'))
    leader.succeed()
    await first
    expect(issued).toEqual(['first', 'another'])
  })

  it('remembers what was bought longer than the look-up of a late request can be old', async () => {
    await once('token', issuing('first'))
    time = 19_999
    expect(await once('token', issuing('second'))).toEqual({
      created: false,
      entry: entryOf('first'),
    })
    time = 20_000
    expect(await once('token', issuing('third'))).toEqual(bought('third'))
    expect(issued).toEqual(['first', 'third'])
  })

  it('counts that time from the end of the flight', async () => {
    const leader = held('first')
    const first = once('token', leader.issue)
    time = 60_000
    const meanwhile = once('token', issuing('second'))
    leader.succeed()
    await Promise.all([first, meanwhile])
    time = 79_999
    await once('token', issuing('third'))
    expect(issued).toEqual(['first'])
  })

  it.each(['overloaded', 'subject-busy', 'signer-unavailable', 'tables-unavailable'] as const)(
    'gives the refusal %s to all that waited, and lets the next one try',
    async (code) => {
      const leader = held('first')
      const all = [
        once('token', leader.issue),
        ...Array.from({ length: 20 }, () => once('token', issuing('other'))),
      ]
      leader.fail(new Refusal(code, 'Cannot enroll: a test says so.'))
      for (const one of all) await expect(one).toRefuse(code)
      expect(issued).toEqual(['first'])
      expect(await once('token', issuing('next'))).toEqual(bought('next'))
    },
  )

  it.each([new TypeError('a defect'), new Refusal('lint-failed', 'Cannot issue: a defect.')])(
    'keeps a defect to the request that had it: %s',
    async (defect) => {
      const leader = held('first')
      const first = once('token', leader.issue)
      const others = Array.from({ length: 20 }, (_, index) => once('token', issuing(`other ${index}`)))
      leader.fail(defect)
      await expect(first).rejects.toBe(defect)
      const outcomes = await Promise.all(others)
      expect(outcomes.filter(({ created }) => created)).toHaveLength(1)
      expect(new Set(outcomes.map(({ entry }) => entry.serialNumber))).toEqual(new Set(['other 0']))
      expect(issued).toEqual(['first', 'other 0'])
    },
  )

  it('forgets what nobody can come late for any more: memory does not grow', async () => {
    for (let i = 0; i < 1_000; i++) {
      await once(`token ${i}`, issuing('x'))
      time += 100
    }
    expect(flights.remembered).toBeLessThanOrEqual(200)
    time += 20_000
    await once('last', issuing('x'))
    expect(flights.remembered).toBe(1)
  })

  it('forgets behind a flight that takes long, once that has landed', async () => {
    const slow = held('slow')
    const first = once('slow', slow.issue)
    for (let i = 0; i < 100; i++) await once(`token ${i}`, issuing('x'))
    time += 20_000
    slow.succeed()
    await first
    time += 20_000
    await once('last', issuing('x'))
    expect(flights.remembered).toBe(1)
  })

  it('forgets a failed flight at once', async () => {
    const refuse = () => Promise.reject(new Refusal('overloaded', 'Cannot enroll now: a test says so.'))
    for (let i = 0; i < 100; i++) await expect(once(`token ${i}`, refuse)).toRefuse('overloaded')
    expect(flights.remembered).toBe(0)
  })
})
