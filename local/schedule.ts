/** A schedule as Azure Functions takes it, in UTC. */
export interface Schedule {
  /** The first whole second after a time that the schedule names. */
  next(after: Date): Date
}

/** The values that one field takes, lowest and highest. */
const bounds = [
  ['second', 0, 59],
  ['minute', 0, 59],
  ['hour', 0, 23],
  ['day', 1, 31],
  ['month', 1, 12],
  ['day of week', 0, 6],
] as const

const second = 1_000

/** Longer than from one 29 February to the next. */
const horizonMilliseconds = 9 * 366 * 86_400_000

type Bounds = (typeof bounds)[number]

const parsePart = (part: string, [, lowest, highest]: Bounds): readonly number[] | undefined => {
  const found = /^(?:(\d{1,2})|\*(?:\/([1-9]\d?))?)$/.exec(part)
  if (!found) return undefined
  const [, number, step = '1'] = found
  const all = Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index)
  if (number === undefined) return all.filter((value) => (value - lowest) % Number(step) === 0)
  return all.includes(Number(number)) ? [Number(number)] : undefined
}

const parseField = (field: string, range: Bounds, expression: string): ReadonlySet<number> => {
  const parts = field.split(',').map((part) => parsePart(part, range))
  if (parts.every((part) => part !== undefined)) return new Set(parts.flat())
  throw new Error(
    `Cannot read the schedule "${expression}": ${range[0]} is "${field}", and takes numbers from ${range[1]} to ${range[2]}, *, */n and lists of them.`,
  )
}

/** The beginning of the next second, minute, hour, day or month. */
const following = {
  second: (time: Date) => new Date(time.getTime() + second),
  minute: (time: Date) => new Date(time.getTime() - time.getUTCSeconds() * second + 60 * second),
  hour: (time: Date) => new Date(Math.floor(time.getTime() / 3_600_000 + 1) * 3_600_000),
  day: (time: Date) => new Date(Math.floor(time.getTime() / 86_400_000 + 1) * 86_400_000),
  month: (time: Date) => new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1, 1)),
} as const

/**
 * Parses a schedule of six fields: second, minute, hour, day, month, day of week (0 is Sunday). Of NCRONTAB it takes
 * numbers, `*`, `*` with a step, and lists of these.
 * @throws {Error} for ranges, names, five fields, and days that never come.
 */
export const parseNcrontab = (expression: string): Schedule => {
  const fields = expression.trim().split(/\s+/)
  if (fields.length !== bounds.length)
    throw new Error(`Cannot read the schedule "${expression}": it has ${fields.length} fields, not 6.`)
  const [seconds, minutes, hours, days, months, weekdays] = bounds.map((range, index) =>
    parseField(fields[index] ?? '', range, expression),
  )
  /** The coarsest unit in which a time does not fit. */
  const misfit = (time: Date): keyof typeof following | undefined => {
    if (!months?.has(time.getUTCMonth() + 1)) return 'month'
    if (!days?.has(time.getUTCDate()) || !weekdays?.has(time.getUTCDay())) return 'day'
    if (!hours?.has(time.getUTCHours())) return 'hour'
    if (!minutes?.has(time.getUTCMinutes())) return 'minute'
    return seconds?.has(time.getUTCSeconds()) ? undefined : 'second'
  }
  const next = (after: Date): Date => {
    let time = new Date(Math.floor(after.getTime() / second + 1) * second)
    for (let unit = misfit(time); unit !== undefined; unit = misfit(time)) {
      time = following[unit](time)
      if (time.getTime() - after.getTime() > horizonMilliseconds)
        throw new Error(`Cannot follow the schedule "${expression}": its time never comes.`)
    }
    return time
  }
  next(new Date(0))
  return { next }
}
