import { describe, expect, it } from 'vitest'
import { checkingClock, tablesClock } from '../../../lib/deployment/tablesClock.ts'
import type { Tables } from '../../../lib/store/tables.ts'

const key = { partition: 'contoso', row: 'a' }

/** Each way to change something, by its name. */
const changing: Readonly<Record<string, (tables: Tables) => Promise<unknown>>> = {
  insert: (tables) => tables.insert('rows', { ...key, values: {} }),
  remove: (tables) => tables.remove('rows', key),
  transact: (tables) => tables.transact('rows', []),
  create: (tables) => tables.create(['rows']),
  drop: (tables) => tables.drop('rows'),
}

describe('checkingClock()', () => {
  const now = new Date('2026-03-02T10:00:00Z')

  /** Tables whose answers tell a time that differs by so many seconds, and what was done to them. */
  const tablesOff = (seconds: number) => {
    const done: string[] = []
    const clock = tablesClock(() => now)
    const told = {
      get: () => Promise.resolve(clock.tell(new Date(now.getTime() + seconds * 1000))),
      ...Object.fromEntries(Object.keys(changing).map((name) => [name, async () => void done.push(name)])),
    }
    return { tables: checkingClock(told as unknown as Tables, clock), done }
  }

  it.each(Object.entries(changing))(
    'asks for the time before it does %s, its first call',
    async (name, change) => {
      for (const seconds of [-90, 90]) {
        const { tables, done } = tablesOff(seconds)
        await expect(change(tables)).toRefuse('clock-differs')
        expect(done).toEqual([])
      }
      const { tables, done } = tablesOff(1)
      await change(tables)
      expect(done).toEqual([name])
    },
  )
})
