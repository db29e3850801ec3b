import { describe, expect, it } from 'vitest'
import { housekeeping, housekeepingRun, type Housekept } from '../../../../lib/ledger/days/housekeeping.ts'
import type { Tables } from '../../../../lib/store/tables.ts'
import { tablesDown, watchTables } from '../../store/watchTables.ts'
import { memoryTables } from '../../../memoryTables.ts'
import { dailyTables } from '../dailyTables.ts'

const now = new Date('2026-06-15T13:14:15Z')
const day = 86_400_000
const later = (days: number) => new Date(now.getTime() + days * day)

const run = (tables: Tables, at = now, retentionDays = 5): Promise<Housekept> =>
  housekeeping({ tables, now: at, retentionDays })

/** Tables whose creating and dropping can be made to fail by name. */
const failing = (tables: Tables, fails: (action: 'create' | 'drop', name: string) => boolean): Tables => ({
  ...tables,
  async create(names) {
    if (names.some((name) => fails('create', name))) throw tablesDown()
    await tables.create(names)
  },
  async drop(name) {
    if (fails('drop', name)) throw tablesDown()
    await tables.drop(name)
  },
})

const reason = 'tables-unavailable: Cannot use the tables: a test says so.'

describe('housekeeping()', () => {
  it('creates the tables of today and the next 14 days, and those of a day each day after', async () => {
    const tables = memoryTables()
    const first = await run(tables)
    expect(first).toEqual({
      created: dailyTables(now, 0, 14),
      dropped: [],
      daysAhead: 14,
      failed: [],
      stranded: [],
    })
    expect(await tables.names('')).toEqual(dailyTables(now, 0, 14).toSorted())
    expect(await run(tables)).toEqual({ ...first, created: [] })
    expect(await run(tables, later(1))).toEqual({ ...first, created: dailyTables(now, 15, 15) })
  })

  it('drops tables past retention, after it created those ahead, and nothing else', async () => {
    const tables = memoryTables()
    const others = [
      'tenants',
      'authorities',
      'ledger20260230',
      'ledger2020010',
      'ledger202001011',
      'ledgers20200101',
    ]
    await tables.create([...others, ...dailyTables(now, -8, 13)])
    const watched = watchTables(tables)
    expect(await run(watched)).toEqual({
      created: dailyTables(now, 14, 14),
      dropped: dailyTables(now, -8, -6),
      daysAhead: 14,
      failed: [],
      stranded: [],
    })
    const changes = watched.calls.map(({ method }) => method).filter((method) => method !== 'names')
    expect(changes).toEqual(['create', 'create', ...Array.from({ length: 6 }, () => 'drop')])
    expect(await tables.names('')).toEqual([...others, ...dailyTables(now, -5, 14)].toSorted())
  })

  it('drops the tables of seven days at a time', async () => {
    const tables = memoryTables()
    await tables.create(dailyTables(now, -20, 14))
    expect((await run(tables, now, 3)).dropped).toEqual(dailyTables(now, -20, -14))
    expect((await run(tables, now, 3)).dropped).toEqual(dailyTables(now, -13, -7))
    expect((await run(tables, now, 3)).dropped).toEqual(dailyTables(now, -6, -4))
    expect((await run(tables, now, 3)).dropped).toEqual([])
    expect(await tables.names('')).toEqual(dailyTables(now, -3, 14).toSorted())
  })

  it.each([366, 21])('drops nothing when the clock is ahead by %i days', async (ahead) => {
    const tables = memoryTables()
    const kept = dailyTables(now, -3, 14)
    await tables.create(kept)
    for (let times = 0; times < 3; times++) {
      const at = later(ahead + times)
      const { created, dropped, stranded, daysAhead } = await run(tables, at)
      expect(created.length).toBeGreaterThan(0)
      expect(dropped).toEqual([])
      expect(stranded).toEqual(expect.arrayContaining(kept.slice(0, 2)))
      expect(daysAhead).toBe(14)
    }
    expect(await tables.names('')).toEqual(expect.arrayContaining([...kept]))
    // When the clock is right again, what it should not have created harms nobody.
    expect(await run(tables, now)).toMatchObject({ created: [], dropped: [], stranded: [], daysAhead: 14 })
  })

  it('loses no more than the days that the clock is ahead, where there are tables still', async () => {
    const tables = memoryTables()
    await tables.create(dailyTables(now, -10, 14))
    expect((await run(tables, later(5), 10)).dropped).toEqual(dailyTables(now, -10, -6))
  })

  it('drops what lies behind a gap at no time, and goes on before it', async () => {
    const tables = memoryTables()
    await tables.create([...dailyTables(now, -10, -9), ...dailyTables(now, -7, 14)])
    const { dropped, stranded } = await run(tables)
    expect(dropped).toEqual(dailyTables(now, -7, -6))
    expect(stranded).toEqual(dailyTables(now, -10, -9))
  })

  it('creates each table that it can, tells which it could not, and catches up', async () => {
    const tables = memoryTables()
    const broken = failing(tables, (_, name) => name === 'ledger20260617')
    const { created, failed, daysAhead } = await run(broken)
    expect(failed).toEqual([{ table: 'ledger20260617', action: 'create', reason }])
    expect([created.length, daysAhead]).toEqual([29, 1])
    expect(await run(tables)).toMatchObject({ created: ['ledger20260617'], daysAhead: 14, failed: [] })
  })

  it('drops even when it could not create', async () => {
    const tables = memoryTables()
    await tables.create(dailyTables(now, -6, 13))
    const { dropped, failed } = await run(failing(tables, (action) => action === 'create'))
    expect(failed).toHaveLength(2)
    expect(dropped).toEqual(dailyTables(now, -6, -6))
  })

  it('stops after a day that would not go, so that nothing is stranded, and finishes the next time', async () => {
    const tables = memoryTables()
    await tables.create(dailyTables(now, -8, 14))
    const [, , ledger = '', refusals = ''] = dailyTables(now, -8, 14)
    const first = await run(failing(tables, (_, name) => name === ledger))
    expect(first.dropped).toEqual([...dailyTables(now, -8, -8), refusals])
    expect(first.failed).toEqual([{ table: ledger, action: 'drop', reason }])
    const second = await run(tables)
    expect(second).toMatchObject({ failed: [], stranded: [] })
    expect(second.dropped).toEqual([ledger, ...dailyTables(now, -6, -6)])
  })

  it('finishes what was done and not told', async () => {
    const tables = memoryTables()
    await tables.create(dailyTables(now, -7, 13))
    const watched = watchTables(tables)
    watched.fault = ({ method }) =>
      method === 'create' || method === 'drop' ? 'failed but persisted' : undefined
    expect((await run(watched)).failed).toHaveLength(4)
    watched.fault = () => undefined
    expect(await run(watched)).toMatchObject({ created: [], dropped: dailyTables(now, -6, -6), failed: [] })
    expect(await tables.names('')).toEqual(dailyTables(now, -5, 14).toSorted())
  })

  it('changes nothing when the tables cannot be listed', async () => {
    const tables = watchTables(memoryTables())
    tables.fault = ({ method }) => (method === 'names' ? 'failed' : undefined)
    await expect(run(tables)).toRefuse('tables-unavailable')
    expect(tables.calls.map(({ method }) => method)).toEqual(['names'])
  })
})

/** A run of the timer, and the lines it logs. */
const runOf = (tables: Tables, lines: string[]) => {
  let milliseconds = 0
  const parts = { tables, retentionDays: 5, now: () => now, milliseconds: () => (milliseconds += 12.4) }
  return housekeepingRun(parts)((line) => void lines.push(line))
}

describe('housekeepingRun()', () => {
  it('tells in one line what was done', async () => {
    const tables = memoryTables()
    await tables.create(dailyTables(now, -6, 13))
    const lines: string[] = []
    await runOf(tables, lines)
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        event: 'housekeeping',
        created: dailyTables(now, 14, 14),
        dropped: dailyTables(now, -6, -6),
        daysAhead: 14,
        milliseconds: 12,
      },
    ])
  })

  it('fails after its line when something was left undone', async () => {
    const tables = memoryTables()
    await tables.create([...dailyTables(now, -400, -400), ...dailyTables(now, -2, 13)])
    const lines: string[] = []
    const broken = failing(tables, (_, name) => name === 'refusals20260629')
    await expect(runOf(broken, lines)).rejects.toThrow(
      /cannot create refusals20260629: tables-unavailable: Cannot use the tables.*2 tables past retention, ledger20250511 first, are left alone.*mayfly ledger prune/,
    )
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        created: ['ledger20260629'],
        daysAhead: 13,
        failed: [{ table: 'refusals20260629', action: 'create', reason }],
        stranded: ['ledger20250511', 'refusals20250511'],
      },
    ])
  })
})
