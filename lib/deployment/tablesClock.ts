import { Refusal } from '../errors/refusal.ts'
import type { Tables } from '../store/tables.ts'

/** How far the clock of who changes something may be from that of the tables, in milliseconds. */
export const clockToleranceMilliseconds = 60_000

/** Compares the clock of this machine with that of the tables, which tell theirs in each answer. */
export interface TablesClock {
  /** Takes the Date of an answer, as it comes. */
  readonly tell: (date: Date) => void
  /** Whether an answer told a time yet. */
  readonly isTold: () => boolean
  /**
   * Checks before something is changed or signed that the clocks agree, as far as answers told.
   * @throws {Refusal} `clock-differs`
   */
  readonly check: () => void
}

/** Makes a comparison for one run of a command. */
export const tablesClock = (now: () => Date): TablesClock => {
  let worst: number | undefined
  return {
    tell(date) {
      // The header names the second that has begun.
      const ahead = now().getTime() - (date.getTime() + 500)
      if (worst === undefined || Math.abs(ahead) > Math.abs(worst)) worst = ahead
    },
    isTold: () => worst !== undefined,
    check() {
      if (worst === undefined || Math.abs(worst) <= clockToleranceMilliseconds) return
      const seconds = Math.round(Math.abs(worst) / 1000)
      const direction = worst > 0 ? 'ahead of' : 'behind'
      throw new Refusal(
        'clock-differs',
        `Cannot change anything: the clock of this machine is ${seconds} s ${direction} that of the tables, the limit is ${clockToleranceMilliseconds / 1000} s.`,
      )
    },
  }
}

/** A row that nobody has: asking for it brings an answer, and so the time. */
const nobody = { partition: '~clock', row: '~' }

/** Tables that are written to only while the clocks agree. Reading them is always possible. */
export const checkingClock = (tables: Tables, { isTold, check }: TablesClock): Tables => {
  const asking = async (): Promise<void> => {
    // Whether there is such a table does not matter here: the write that follows tells.
    if (!isTold()) await tables.get('tenants', nobody).catch(() => undefined)
    check()
  }
  return {
    ...tables,
    insert: async (table, row) => asking().then(() => tables.insert(table, row)),
    remove: async (table, key) => asking().then(() => tables.remove(table, key)),
    transact: async (table, writes) => asking().then(() => tables.transact(table, writes)),
    create: async (names) => asking().then(() => tables.create(names)),
    drop: async (table) => asking().then(() => tables.drop(table)),
  }
}
