import { describe, expect, it } from 'vitest'
import { issuanceTables, isWithin, refusalTables } from '../../../../lib/ledger/search/keptTables.ts'
import type { Tables } from '../../../../lib/store/tables.ts'

const listing = (...all: readonly string[]): Tables => {
  const names = (prefix: string) => Promise.resolve(all.filter((name) => name.startsWith(prefix)).toSorted())
  return { names } as Partial<Tables> as Tables
}

const at = (text: string) => new Date(text)
const days = ['20260227', '20260228', '20260301', '20260302', '20260303', '20260304', '20260305']
const tables = listing(
  ...days.flatMap((day) => [`ledger${day}`, `refusals${day}`]),
  'ledgerOfMine',
  'ledger2026030',
  'refusals',
)
const shortDays = (names: readonly string[]) => names.map((name) => name.slice(-4))

describe('issuanceTables()', () => {
  it.each([
    // A token that is used up in its last second, and one that has 28 hours left.
    ['2026-03-02T10:00:00Z', '2026-03-02T10:00:01Z', ['0302', '0303']],
    ['2026-03-02T19:59:59Z', '2026-03-02T20:00:00Z', ['0302', '0303', '0304']],
    // A request that waited for its turn: its token ended on the day before.
    ['2026-03-02T00:00:00Z', '2026-03-02T00:30:00Z', ['0301', '0302', '0303']],
    ['2026-03-01T12:00:00Z', '2026-03-02T10:00:00Z', ['0301', '0302', '0303']],
    ['2026-03-05T12:00:00Z', '2026-03-09T10:00:00Z', ['0305']],
    ['2026-04-01T00:00:00Z', '2026-04-02T00:00:00Z', []],
  ])(
    'lists those of the days on which tokens used from %s until %s may end',
    async (since, until, expected) => {
      const { names } = await issuanceTables(tables, { since: at(since), until: at(until) })
      expect(shortDays(names)).toEqual(expected)
    },
  )

  it('lists all of its kind without a period, oldest first, and nothing else that begins so', async () => {
    const kept = await issuanceTables(tables, { since: undefined, until: undefined })
    expect(kept.names).toEqual(days.map((day) => `ledger${day}`))
    expect(kept).toMatchObject({ oldest: 'ledger20260227', reachesBack: false })
  })

  it.each([
    ['2026-02-27T00:00:00Z', false],
    ['2026-02-26T23:59:59Z', true],
  ])(
    'tells whether a period that begins at %s begins before the oldest table',
    async (since, reachesBack) => {
      expect(await issuanceTables(tables, { since: at(since), until: undefined })).toMatchObject({
        reachesBack,
      })
    },
  )

  it('finds none where there is none', async () => {
    const kept = await issuanceTables(listing(), { since: at('2026-03-02'), until: undefined })
    expect(kept).toEqual({ names: [], oldest: undefined, reachesBack: false })
  })
})

describe('refusalTables()', () => {
  it.each([
    ['2026-03-02T23:59:59.999Z', '2026-03-03T00:00:00Z', ['0302', '0303']],
    ['2026-03-02T00:00:00Z', '2026-03-02T00:00:01Z', ['0302']],
    ['2026-03-01T12:00:00Z', undefined, ['0301', '0302', '0303', '0304', '0305']],
  ])('lists those of the days from %s until %s', async (since, until, expected) => {
    const { names } = await refusalTables(tables, { since: at(since), until: until ? at(until) : undefined })
    expect(shortDays(names)).toEqual(expected)
  })
})

describe('isWithin()', () => {
  const since = at('2026-03-02T10:00:00Z')
  const until = at('2026-03-02T11:00:00Z')

  it('takes the beginning of a period, and not its end, which is the beginning of the next', () => {
    expect(isWithin(since, { since, until })).toBe(true)
    expect(isWithin(until, { since, until })).toBe(false)
    expect(isWithin(new Date(until.getTime() - 1), { since, until })).toBe(true)
    expect(isWithin(new Date(since.getTime() - 1), { since, until: undefined })).toBe(false)
    expect(isWithin(until, { since, until: undefined })).toBe(true)
    expect(isWithin(since, { since: undefined, until })).toBe(true)
  })
})
