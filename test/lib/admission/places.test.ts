import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Leave, openPlaces, type Places, waitsOf } from '../../../lib/admission/places.ts'
import { openDeadline, tablesLate } from '../../../lib/deadline/deadline.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'

const total = 16
const minute = 60_000

let time: number
let places: Places
let subjects: number

beforeEach(() => {
  time = 0
  subjects = 0
  places = openPlaces({ total, clock: () => time, chance: () => 0.5 })
})

const enter = (tenant: string, subject = `subject ${(subjects += 1)}`): Leave =>
  places.enter({ tenant, subject })

/** Takes places until one is refused. @returns those that were given. */
const fill = (take: () => Leave): readonly Leave[] => {
  const taken: Leave[] = []
  try {
    while (taken.length < 1_000) taken.push(take())
  } catch {
    return taken
  }
  throw new Error('The places have no end.')
}

const leaveAll = (taken: readonly Leave[]) => taken.forEach((leave) => leave())

describe('openPlaces()', () => {
  it('gives a lone tenant all places, and refuses at once what is more', () => {
    expect(fill(() => enter('a'))).toHaveLength(total)
    expect(() => enter('a')).toRefuse('overloaded', /too many requests of the tenant/)
  })

  it('gives each of several tenants half at most, however many places are free', () => {
    enter('b')()
    expect(fill(() => enter('a'))).toHaveLength(total / 2)
    expect(fill(() => enter('b'))).toHaveLength(total / 2)
  })

  it('holds a tenant that has all to half as soon as another comes, and lets that in when places are left', () => {
    const taken = fill(() => enter('a'))
    expect(() => enter('b')).toRefuse('overloaded')
    leaveAll(taken.slice(0, 2))
    expect(() => enter('a')).toRefuse('overloaded')
    enter('b')
    enter('b')
  })

  it('forgets the other tenant after a minute in which it did not ask', () => {
    enter('b')()
    time += minute - 1
    leaveAll(fill(() => enter('a')))
    time += 1
    expect(fill(() => enter('a'))).toHaveLength(total)
  })

  it('gives strangers a quarter while anybody proves who it is, and all where nobody did within a minute', () => {
    const all = fill(() => places.enterAsStranger())
    expect(all).toHaveLength(total)
    leaveAll(all)
    enter('a')()
    const strangers = fill(() => places.enterAsStranger())
    expect(strangers).toHaveLength(total / 4)
    expect(() => places.enterAsStranger()).toRefuse('overloaded', /not known yet/)
    expect(fill(() => enter('a'))).toHaveLength(total - total / 4)
    leaveAll(strangers)
    time += minute
    expect(fill(() => places.enterAsStranger())).toHaveLength(total / 4)
  })

  it('leaves a quarter for others whatever one tenant and strangers do', () => {
    enter('calm')()
    fill(() => enter('greedy'))
    fill(() => places.enterAsStranger())
    expect(fill(() => enter('calm'))).toHaveLength(total / 4)
  })

  it('gives a subject an eighth of what its tenant has where another asks too, and tells when to come again', () => {
    leaveAll(fill(() => enter('a', 'ada')))
    enter('a', 'ben')()
    const few = fill(() => enter('a', 'ada'))
    expect(few).toHaveLength(total / 8)
    expect(() => enter('a', 'ada')).toRefuse('subject-busy', /2 requests like this one/)
    leaveAll(few)
    enter('b', 'ada')()
    expect(fill(() => enter('a', 'ada'))).toHaveLength(total / 16)
    enter('a', 'ben')
    time += minute
    leaveAll(fill(() => enter('c', 'ada')))
    expect(fill(() => enter('b', 'ada'))).toHaveLength(total / 2)
  })

  it('lets a subject have two things written at once', () => {
    const [ada, ben] = [
      { tenant: 'a', subject: 'ada' },
      { tenant: 'a', subject: 'ben' },
    ]
    const [first] = [places.write(ada), places.write(ada)]
    expect(() => places.write(ada)).toRefuse('subject-busy', /2 requests like this one/)
    places.write(ben)
    places.write({ ...ada, tenant: 'b' })
    first()
    first()
    places.write(ada)
    expect(() => places.write(ada)).toRefuse('subject-busy')
  })

  it('tells clients that were turned away together to come again at different times', () => {
    const after = (chance: number) => {
      const few = openPlaces({ total: 1, clock: () => 0, chance: () => chance })
      few.enterAsStranger()
      try {
        few.enterAsStranger()
      } catch (error) {
        return error instanceof Refusal ? error.options.retryAfterSeconds : undefined
      }
      return undefined
    }
    expect([0, 0.5, 1].map(after)).toEqual([1, 3, 5])
  })

  it('has room for one where there is hardly any', () => {
    places = openPlaces({ total: 1, clock: () => time, chance: () => 0.5 })
    enter('a')()
    enter('b')()
    places.enterAsStranger()()
    enter('b')
  })
})

/** What happens next: somebody comes, somebody goes, or time passes. */
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('enter' as const),
      who: fc.constantFrom('a', 'a', 'a', 'a', 'b', '', ''),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.nat(70_000) }) },
)

it('openPlaces() is fair, whoever comes and goes: nobody who asks for little is refused while one party is greedy', () => {
  const seen = new Set<string>()
  const property = fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
    time = 0
    places = openPlaces({ total, clock: () => time, chance: () => 0.5 })
    const held: { readonly who: string; readonly leave: Leave }[] = []
    const lately = new Map<string, number>()
    const of = (who: string) => held.filter((one) => one.who === who).length
    for (const one of steps) {
      if (one.kind === 'pass') time += one.milliseconds
      if (one.kind === 'leave') held.splice(one.which % Math.max(1, held.length), 1)[0]?.leave()
      if (one.kind !== 'enter') continue
      if (one.who !== '') lately.set(one.who, time)
      const here = [...lately].filter(([, at]) => time - at < minute).length
      const most = one.who === '' ? (here > 0 ? total / 4 : total) : here > 1 ? total / 2 : total
      const isRoom = held.length < total && of(one.who) < most
      seen.add(`${one.who === '' ? 'stranger' : 'tenant'} ${isRoom ? 'enters' : 'is refused'} of ${most}`)
      const take = () => (one.who === '' ? places.enterAsStranger() : enter(one.who))
      if (isRoom) held.push({ who: one.who, leave: take() })
      else expect(take).toRefuse('overloaded')
      expect(places.taken).toBe(held.length)
    }
    for (const { leave } of held) leave()
    expect(places.taken).toBe(0)
  })
  fc.assert(property, { numRuns: fuzzRuns(300) })
  expect([...seen].toSorted()).toEqual(
    ['stranger', 'tenant'].flatMap((who) =>
      ['enters', 'is refused'].flatMap((what) =>
        (who === 'tenant' ? [total, total / 2] : [total, total / 4]).map(
          (most) => `${who} ${what} of ${most}`,
        ),
      ),
    ),
  )
})

describe('waitsOf()', () => {
  const held = () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    return { answer: () => promise, go: () => resolve('there') }
  }

  it('holds a place of the strangers for as long as one waits, and none for anybody else', async () => {
    const { wait, waitAsStranger } = waitsOf(
      openDeadline(60_000, () => time),
      places,
    )
    const { answer, go } = held()
    const both = [wait(answer, tablesLate), waitAsStranger(answer, tablesLate)]
    expect(places.taken).toBe(1)
    go()
    expect(await Promise.all(both)).toEqual(['there', 'there'])
    expect(places.taken).toBe(0)
  })

  it('asks for nothing where there is no place, and gives it back when the time is over', async () => {
    enter('a')()
    const { waitAsStranger } = waitsOf(
      openDeadline(5, () => time),
      places,
    )
    let asked = 0
    const late = Array.from({ length: total }, () =>
      waitAsStranger(() => {
        asked += 1
        return new Promise(() => undefined)
      }, tablesLate),
    )
    const codes = (await Promise.allSettled(late)).map(
      (one) => one.status === 'rejected' && (one.reason as Refusal).code,
    )
    expect(codes.filter((code) => code === 'tables-unavailable')).toHaveLength(total / 4)
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(total - total / 4)
    expect([asked, places.taken]).toEqual([total / 4, 0])
  })
})
