import { dailyTablesAhead } from '../record/ledgerKey.ts'
import {
  type DailyTable,
  daysAheadOf,
  housekeepingDaysAhead,
  type Retention,
  startOfUnbrokenDays,
  tablesPastRetention,
} from './retention.ts'
import type { Tables } from '../../store/tables.ts'

/** A table that could not be created or dropped. */
export interface UnkeptTable {
  readonly table: string
  readonly action: 'create' | 'drop'
  readonly reason: string
}

export interface Housekept {
  readonly created: readonly string[]
  readonly dropped: readonly string[]
  /** For how many days after today every table is there now; -1 when one of today's is missing. */
  readonly daysAhead: number
  readonly failed: readonly UnkeptTable[]
  /** Past retention and left alone: between them and today are days without a table, so the clock may be wrong. */
  readonly stranded: readonly string[]
}

export interface HousekeepingOptions extends Retention {
  readonly tables: Tables
}

export interface HousekeepingPlan {
  /** The daily tables that are there. */
  readonly names: readonly string[]
  readonly create: readonly string[]
  /** The oldest first. */
  readonly drop: readonly DailyTable[]
}

/** So many days' tables go in one run of the timer at most: a wrong setting shows before everything is gone. */
const daysDroppedAtOnce = 7

/**
 * Tells which tables to create and which to drop; changes nothing.
 * @throws {Refusal} `tables-unavailable`
 */
export const planHousekeeping = async ({
  tables,
  ...retention
}: HousekeepingOptions): Promise<HousekeepingPlan> => {
  const names = [...(await tables.names('ledger')), ...(await tables.names('refusals'))]
  const existing = new Set(names)
  const wanted = dailyTablesAhead(retention.now, housekeepingDaysAhead)
  return {
    names,
    create: wanted.filter((name) => !existing.has(name)),
    drop: tablesPastRetention(names, retention),
  }
}

interface Tried {
  readonly done: readonly string[]
  readonly failed: readonly UnkeptTable[]
}

/** Tries each, whatever becomes of the others. */
const tryEach = async (
  action: UnkeptTable['action'],
  names: readonly string[],
  act: (table: string) => Promise<void>,
): Promise<Tried> => {
  const done: string[] = []
  const failed: UnkeptTable[] = []
  for (const table of names) {
    try {
      await act(table)
      done.push(table)
    } catch (error) {
      failed.push({ table, action, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { done, failed }
}

/** Drops day after day, and stops after a day that would not go: a gap behind it would strand it. */
const dropByDay = async (tables: Tables, due: readonly DailyTable[]): Promise<Tried> => {
  const dropped: string[] = []
  for (const group of Map.groupBy(due, ({ day }) => day.getTime()).values()) {
    const { done, failed } = await tryEach(
      'drop',
      group.map(({ name }) => name),
      (table) => tables.drop(table),
    )
    dropped.push(...done)
    if (failed.length > 0) return { done: dropped, failed }
  }
  return { done: dropped, failed: [] }
}

/**
 * Carries out a plan: creates first, then drops.
 * @returns what was done, and what failed; nothing is thrown.
 */
export const carryOut = async (
  { names, create, drop }: HousekeepingPlan,
  { tables, now }: Pick<HousekeepingOptions, 'tables' | 'now'>,
): Promise<Omit<Housekept, 'stranded'>> => {
  const created = await tryEach('create', create, (table) => tables.create([table]))
  const dropped = await dropByDay(tables, drop)
  return {
    created: created.done,
    dropped: dropped.done,
    daysAhead: daysAheadOf([...names, ...created.done], now),
    failed: [...created.failed, ...dropped.failed],
  }
}

const isOfFirstDays = (drop: readonly DailyTable[]) => {
  const days = [...new Set(drop.map(({ day }) => day.getTime()))].slice(0, daysDroppedAtOnce)
  return ({ day }: DailyTable): boolean => days.includes(day.getTime())
}

/**
 * Creates the daily tables of today and the next 14 days, then drops those past retention: those of seven days at most,
 * and only where every day from them to today has a table. A clock that jumped more than 15 days ahead drops nothing:
 * what it finds is beyond days without tables.
 * @throws {Refusal} `tables-unavailable` when the tables cannot be listed; what else fails is told in the result.
 */
export const housekeeping = async (options: HousekeepingOptions): Promise<Housekept> => {
  const plan = await planHousekeeping(options)
  const start = startOfUnbrokenDays(plan.names, options.now)
  const reachable = plan.drop.filter(({ day }) => start && day >= start)
  const stranded = plan.drop.filter((table) => !reachable.includes(table)).map(({ name }) => name)
  const drop = reachable.filter(isOfFirstDays(reachable))
  return { ...(await carryOut({ ...plan, drop }, options)), stranded }
}

/** Tells in a line what went wrong; undefined when nothing did. */
const describeTrouble = ({ failed, stranded }: Housekept): string | undefined => {
  const parts = failed.map(({ action, table, reason }) => `cannot ${action} ${table}: ${reason}`)
  if (stranded.length > 0)
    parts.push(
      `${stranded.length} tables past retention, ${stranded[0]} first, are left alone: between them and today are days without a table; check the clock, then run \`mayfly ledger prune\``,
    )
  return parts.length > 0 ? `Housekeeping is incomplete: ${parts.join('; ')}.` : undefined
}

interface HousekeepingParts {
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
