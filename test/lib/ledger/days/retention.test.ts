import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  daysAheadOf,
  parseDailyTable,
  leastTimerRetentionDays,
  parseRetentionDays,
  startOfUnbrokenDays,
  tablesPastRetention,
} from '../../../../lib/ledger/days/retention.ts'
import { dailyTables } from '../dailyTables.ts'

const now = new Date('2026-06-15T13:14:15Z')
const day = 86_400_000

const past = (names: readonly string[], retentionDays: number) =>
  tablesPastRetention(names, { now, retentionDays }).map(({ name }) => name)

describe('parseRetentionDays()', () => {
  it('takes no less from the timer than a fast clock can reach through the tables ahead', () => {
    expect(parseRetentionDays('17', leastTimerRetentionDays)).toBeUndefined()
    expect(parseRetentionDays('18', leastTimerRetentionDays)).toBe(18)
  })

  it.each(['3', '90', '3650'])('takes %s', (text) => expect(parseRetentionDays(text, 3)).toBe(Number(text)))

  it.each([
    '',
    '0',
    '2',
    '3651',
    '99999',
    '-90',
    '+90',
    '090',
    '90.0',
    '9e1',
    '0x5a',
    ' 90',
    '90 ',
    'ninety',
    'NaN',
  ])('refuses %j', (text) => expect(parseRetentionDays(text, 3)).toBeUndefined())
})

describe('parseDailyTable()', () => {
  it.each(['ledger20260302', 'refusals20260302', 'ledger20240229'])('knows %s', (name) =>
    expect(parseDailyTable(name)?.day.toISOString().slice(0, 10).replaceAll('-', '')).toBe(name.slice(-8)),
  )

  it.each([
    'ledger20260230',
    'ledger20250229',
    'ledger20261301',
    'ledger20260100',
    'ledger00000000',
    'ledger2026030',
    'ledger202603020',
    'ledgers20260302',
    'xledger20260302',
    'Ledger20260302',
    'LEDGER20260302',
    'refusal20260302',
    'ledger20260302x',
    'ledger20260302\n',
    'ledger',
    'tenants',
    'authorities',
    'relyingParties',
    'ledger２０２６０３０２',
  ])('does not know %j', (name) => expect(parseDailyTable(name)).toBeUndefined())
})

describe('tablesPastRetention()', () => {
  it('keeps the tables of as many days before today, and names those before them, the oldest first', () => {
    const names = dailyTables(now, -93, 14).toReversed()
    expect(past(names, 90)).toEqual([
      ...dailyTables(now, -93, -93).toReversed(),
      ...dailyTables(now, -92, -92).toReversed(),
      ...dailyTables(now, -91, -91).toReversed(),
    ])
  })

  it('counts UTC days, whatever the time of the day', () => {
    const names = dailyTables(now, -91, -90)
    for (const time of ['00:00:00.000Z', '23:59:59.999Z']) {
      const at = new Date(`2026-06-15T${time}`)
      const found = tablesPastRetention(names, { now: at, retentionDays: 90 })
      expect(found.map(({ name }) => name)).toEqual(dailyTables(now, -91, -91))
    }
  })

  it.each([3, 2, 0, -1_000, Number.NEGATIVE_INFINITY])(
    'never names a table of the last three days, or of one to come, with a retention of %s',
    (days) => expect(past(dailyTables(now, -5, 14), days)).toEqual(dailyTables(now, -5, -4)),
  )

  it('names nothing when the retention, or the time, is no number', () => {
    expect(past(dailyTables(now, -400, 14), Number.NaN)).toEqual([])
    const at = new Date(Number.NaN)
    expect(tablesPastRetention(dailyTables(now, -400, 14), { now: at, retentionDays: 3 })).toEqual([])
  })

  it('names daily tables alone, and none that is young enough', () => {
    const name = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.stringMatching(/^(ledger|refusals|tenants)\d{7,9}$/),
      fc.integer({ min: -4_000, max: 20 }).map((days) => dailyTables(now, days, days)[0] ?? ''),
    )
    fc.assert(
      fc.property(fc.array(name), fc.integer({ min: -5, max: 4_000 }), (names, retentionDays) => {
        for (const found of past(names, retentionDays)) {
          expect(names).toContain(found)
          const [, date = ''] = /^(?:ledger|refusals)(\d{8})$/.exec(found) ?? []
          const time = Date.parse(date.replace(/(....)(..)(..)/, '$1-$2-$3'))
          expect(Math.floor(now.getTime() / day) - time / day).toBeGreaterThan(Math.max(3, retentionDays))
        }
      }),
    )
  })
})

describe('startOfUnbrokenDays()', () => {
  it('is the first day of the row that ends today', () => {
    const start = (names: readonly string[]) => startOfUnbrokenDays(names, now)?.toISOString().slice(0, 10)
    expect(start(dailyTables(now, -10, 14))).toBe('2026-06-05')
    expect(start([...dailyTables(now, -10, -4), ...dailyTables(now, -2, 0)])).toBe('2026-06-13')
    expect(start(dailyTables(now, -10, -1))).toBeUndefined()
    expect(start([])).toBeUndefined()
  })

  it('takes one table a day for the day', () => {
    const names = dailyTables(now, -3, 0).filter((_, index) => index !== 2)
    expect(startOfUnbrokenDays(names, now)?.toISOString().slice(0, 10)).toBe('2026-06-12')
  })
})

describe('daysAheadOf()', () => {
  it('counts the days after today that have both tables', () => {
    expect(daysAheadOf(dailyTables(now, -1, 14), now)).toBe(14)
    expect(daysAheadOf(dailyTables(now, 0, 5), now)).toBe(5)
    expect(
      daysAheadOf(
        dailyTables(now, 0, 14).filter((name) => name !== 'refusals20260617'),
        now,
      ),
    ).toBe(1)
    expect(daysAheadOf(dailyTables(now, 0, 0), now)).toBe(0)
    expect(daysAheadOf(dailyTables(now, 1, 14), now)).toBe(-1)
    expect(daysAheadOf(dailyTables(now, 0, 14).slice(1), now)).toBe(-1)
  })
})
