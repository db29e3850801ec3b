import { dailyTablesAhead } from '../record/ledgerKey.ts'

/** Daily tables are created so many days before they are needed. */
export const housekeepingDaysAhead = 14

/** A deployment keeps its daily tables so many days unless it is told otherwise. */
export const defaultRetentionDays = 90

const maxRetentionDays = 3_650

/** The least that somebody who looks at a plan may keep. */
export const leastRetentionDays = 3

/** The least that the timer keeps: more than the days ahead for which tables join a clock that is fast to the true one. */
export const leastTimerRetentionDays = housekeepingDaysAhead + 4

/** Says in messages what a number of days to keep may be. */
export const retentionDaysForm = (least: number): string =>
  `a whole number of days from ${least} to ${maxRetentionDays}`

const day = 86_400_000

/** The beginning of a time's UTC day. */
const dayOf = (time: Date): number => Math.floor(time.getTime() / day) * day

/** Parses for how many days tables are kept. @returns undefined for anything but a whole number from the least to 3650. */
export const parseRetentionDays = (text: string, least: number): number | undefined => {
  const days = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0
  return days >= least && days <= maxRetentionDays ? days : undefined
}

/** A table of one UTC day. */
export interface DailyTable {
  readonly name: string
  /** The beginning of its day. */
  readonly day: Date
}

/** Reads a table's name. @returns undefined for a table that is not a daily one of Mayfly's: its day must exist. */
export const parseDailyTable = (name: string): DailyTable | undefined => {
  const [, year, month, date] = /^(?:ledger|refusals)(\d{4})(\d{2})(\d{2})$/.exec(name) ?? []
  if (year === undefined) return undefined
  const iso = `${year}-${month}-${date}`
  const time = new Date(`${iso}T00:00:00Z`)
  const isReal = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(iso)
  return isReal ? { name, day: time } : undefined
}

export interface Retention {
  readonly now: Date
  readonly retentionDays: number
}

/**
 * The tables whose UTC day is more than the retention before today, the oldest first. Those of the last three days are
 * never among them, whatever the retention: their certificates may be alive.
 */
export const tablesPastRetention = (
  names: readonly string[],
  { now, retentionDays }: Retention,
): readonly DailyTable[] => {
  const kept = Math.max(retentionDays, leastRetentionDays) * day
  return names
    .map(parseDailyTable)
    .filter((table) => table !== undefined)
    .filter((table) => dayOf(now) - table.day.getTime() > kept)
    .toSorted((left, right) => left.day.getTime() - right.day.getTime())
}

/**
 * The first day of the unbroken row of days, each with a table, that ends today; undefined when today has none. A clock
 * that is years ahead finds no such row: between the tables that exist and its today there are days without any.
 */
export const startOfUnbrokenDays = (names: readonly string[], now: Date): Date | undefined => {
  const days = new Set(names.map((name) => parseDailyTable(name)?.day.getTime()))
  let first = dayOf(now)
  if (!days.has(first)) return undefined
  while (days.has(first - day)) first -= day
  return new Date(first)
}

/** For how many days after today every table is there; -1 when one of today's is missing. */
export const daysAheadOf = (names: readonly string[], now: Date): number => {
  const missing = dailyTablesAhead(now, housekeepingDaysAhead).findIndex((name) => !names.includes(name))
  return missing < 0 ? housekeepingDaysAhead : Math.floor(missing / 2) - 1
}
