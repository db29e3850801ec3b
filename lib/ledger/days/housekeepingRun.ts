import type { Tables } from '../../store/tables.ts'
import { describeTrouble, type Housekept, housekeeping } from './housekeeping.ts'

export interface HousekeepingParts {
  readonly tables: Tables
  readonly retentionDays: number
  readonly now: () => Date
  /** A clock that only goes forward, for durations. */
  readonly milliseconds: () => number
}

/** Runs once, and tells in one structured line what it did. @throws {Error} what went wrong, after the line. */
export type KeepHouse = (log: (line: string) => void) => Promise<void>

const lineOf = ({ created, dropped, daysAhead, failed, stranded }: Housekept, milliseconds: number): string =>
  JSON.stringify({
    event: 'housekeeping',
    created,
    dropped,
    daysAhead,
    milliseconds: Math.round(milliseconds),
    ...(failed.length > 0 ? { failed } : {}),
    ...(stranded.length > 0 ? { stranded } : {}),
  })

/** Makes what the timer runs: a run that leaves something undone fails, so that the platform counts it. */
export const housekeepingRun =
  ({ tables, retentionDays, now, milliseconds }: HousekeepingParts): KeepHouse =>
  async (log) => {
    const startedAt = milliseconds()
    const done = await housekeeping({ tables, retentionDays, now: now() })
    log(lineOf(done, milliseconds() - startedAt))
    const trouble = describeTrouble(done)
    if (trouble !== undefined) throw new Error(trouble)
  }
