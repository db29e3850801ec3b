import { Refusal } from '../../lib/errors/refusal.ts'

const unitMilliseconds: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

const durationForm = /^(\d{1,6})([smhdw])$/

/** A UTC date, or a time of RFC 3339 in UTC: with `Z`, to the second or more finely. */
const timeForm = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z)?$/i

const durationOf = (text: string): number | undefined => {
  const [, count, unit = ''] = durationForm.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * (unitMilliseconds[unit] ?? 0)
}

/** A day or an hour that does not exist, such as 30 February, moves to another one when it is written again. */
const isReal = (time: Date, text: string): boolean =>
  !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 19).toUpperCase())

const parseAbsolute = (text: string): Date | undefined => {
  if (!timeForm.test(text)) return undefined
  const time = new Date(text.toUpperCase())
  return isReal(time, text) ? time : undefined
}

/** Times that tables have names for: from 1970 on, in years of four digits. */
const isNameable = (time: Date): boolean => time.getTime() >= 0 && time.getTime() < Date.UTC(9990, 0)

/** Which option a time was given for, and from when its durations count. */
export interface TimeOption {
  /** Without the dashes. */
  readonly option: string
  readonly now: Date
}

/** @param sign whether a duration leads into the future or into the past. */
const parseTime = (text: string, sign: 1 | -1, { option, now }: TimeOption): Date => {
  const duration = durationOf(text)
  const time = duration === undefined ? parseAbsolute(text) : new Date(now.getTime() + sign * duration)
  if (time && isNameable(time)) return time
  throw new Refusal(
    'usage-wrong',
    `Cannot read --${option}: it takes a time such as 2026-03-02T10:00:00Z, a UTC date such as 2026-03-02, or a duration such as 24h or 7d.`,
  )
}

/**
 * Parses a time, which may be given as how long ago it was: RFC 3339 in UTC, a UTC date (its beginning), or a number of
 * `s`, `m`, `h`, `d` or `w`.
 * @throws {Refusal} `usage-wrong`
 */
export const parsePast = (text: string, option: TimeOption): Date => parseTime(text, -1, option)

/**
 * Parses a time, which may be given as how far away it is: RFC 3339 in UTC, a UTC date (its beginning), or a number of
 * `s`, `m`, `h`, `d` or `w`. Whether the time is in the future is for the caller to check.
 * @throws {Refusal} `usage-wrong`
 */
export const parseFuture = (text: string, option: TimeOption): Date => parseTime(text, 1, option)

/**
 * Parses a duration: a number of `s`, `m`, `h`, `d` or `w`.
 * @returns milliseconds
 * @throws {Refusal} `usage-wrong`
 */
export const parseDuration = (text: string, { option }: Pick<TimeOption, 'option'>): number => {
  const milliseconds = durationOf(text)
  if (milliseconds !== undefined) return milliseconds
  throw new Refusal('usage-wrong', `Cannot read --${option}: it takes a duration such as 90s, 10m or 2h.`)
}
