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
  flights = openSingleFlight({ rememberMilliseconds: 20_000, most: 200, clock: () => time })
})

const once = (token: string, issue: (isUnseen: boolean) => Promise<Outcome>) =>
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

  it('remembers what was bought for as long as it is told', async () => {
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

  it('forgets what lands while it remembers enough', async () => {
    for (let i = 0; i < 300; i++) await once(`token ${i}`, issuing('x'))
    expect(flights.remembered).toBe(200)
    expect(await once('token 199', issuing('again'))).toMatchObject({ created: false })
    expect(await once('token 200', issuing('again'))).toMatchObject({ created: true })
  })

  it('forgets a failed flight at once', async () => {
    const refuse = () => Promise.reject(new Refusal('overloaded', 'Cannot enroll now: a test says so.'))
    for (let i = 0; i < 100; i++) await expect(once(`token ${i}`, refuse)).toRefuse('overloaded')
    expect(flights.remembered).toBe(0)
  })
})

/** What the flight of a token that is not known is told. */
const isUnseen = async (token: string): Promise<boolean> => {
  const told: boolean[] = []
  await once(token, (unseen) => {
    told.push(unseen)
    return issuing(token)()
  })
  expect(told).toHaveLength(1)
  return told.includes(true)
}

describe('openSingleFlight() tells a flight that its token is unseen', () => {
  const failing = (failure: Error) => once('failing', () => Promise.reject(failure)).catch(() => undefined)

  it('until something may be recorded that it does not know of, and again when that is forgotten', async () => {
    for (const doubt of [new Refusal('tables-unavailable', 'Cannot record.'), new TypeError('a defect')]) {
      expect(await isUnseen('before')).toBe(true)
      await failing(doubt)
      expect([await isUnseen('failing'), await isUnseen('another')]).toEqual([false, false])
      time += 19_999
      expect(await isUnseen('late')).toBe(false)
      time += 20_000
    }
  })

  it.each(['signer-unavailable', 'subject-busy', 'token-expired', 'lint-failed'] as const)(
    'though one was refused with %s, which comes before anything is recorded',
    async (code) => {
      await failing(new Refusal(code, 'Cannot enroll: a test says so.'))
      expect(await isUnseen('failing')).toBe(true)
    },
  )

  it('unless it could not remember all', async () => {
    for (let i = 0; i < 201; i++) await once(`token ${i}`, issuing('x'))
    expect([await isUnseen('token 200'), await isUnseen('another')]).toEqual([false, false])
    time = 20_000
    expect(await isUnseen('token 200')).toBe(true)
  })
})
