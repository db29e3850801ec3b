import { Cron } from 'croner'
import { faultOf, type FunctionRegistry, type Log } from './functionsCore.ts'
import type { RegisteredFunction, TriggerInput } from './programmingModel.ts'

/** Six fields of numbers, names, `*`, ranges, steps and lists; of what croner knows beside, `L`, `W`, `#`, `?` and Sunday as 7, Azure refuses. */
const ncrontab = /^\s*(?:[\d*,/-]+\s+){4}[\d*,/a-z-]+\s+(?:[0-6*,/-]|sun|mon|tue|wed|thu|fri|sat)+\s*$/i

/**
 * Parses a schedule as Azure Functions takes it: second, minute, hour, day, month and day of week, all of which must
 * fit, in UTC.
 * @throws {Error} for what Azure refuses, and for times that never come.
 */
export const parseNcrontab = (expression: string): Cron => {
  const refuse = (why: string, cause?: unknown) =>
    new Error(`Cannot read the schedule "${expression}": ${why}`, { cause })
  if (!ncrontab.test(expression)) throw refuse('it is not made of the six fields of NCRONTAB.')
  try {
    const schedule = new Cron(expression.trim(), {
      mode: '6-part',
      timezone: 'UTC',
      domAndDow: true,
      paused: true,
    })
    if (schedule.nextRun()) return schedule
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error)
  }
  throw refuse('its time never comes.')
}

/** Timers that run. */
export interface Timers {
  /** Resolves when each has run once. */
  readonly started: Promise<void>
  /** Starts nothing any more, and waits for what runs. */
  close(): Promise<void>
}

interface Timer {
  readonly registered: RegisteredFunction
  readonly bindingName: string
  readonly schedule: Cron
}

const parseTimer = (registered: RegisteredFunction): readonly Timer[] => {
  const { bindings, name } = registered.metadata
  const trigger = Object.entries(bindings).find(([, { type }]) => type.toLowerCase() === 'timertrigger')
  if (!trigger) return []
  const [bindingName, { schedule }] = trigger
  if (schedule === undefined) throw new Error(`Cannot run "${name}": its timer has no schedule`)
  return [{ registered, bindingName, schedule: parseNcrontab(schedule) }]
}

/** Makes the input that the host sends; the library turns the names to lower case. */
const inputOf = ({ bindingName, schedule }: Timer): TriggerInput => {
  const time = new Date().toISOString()
  const status = { Last: time, Next: schedule.nextRun()?.toISOString(), LastUpdated: time }
  const data = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: false }
  return { name: bindingName, data: { json: JSON.stringify(data) } }
}

/** Runs the timer now and at its times, one run after the other; what a function throws is logged, as a host does. */
const startTimer = (timer: Timer, registry: FunctionRegistry, log: Log) => {
  const { registered, schedule } = timer
  const invoke = async (): Promise<void> => {
    try {
      await registry.invoke(registered, inputOf(timer))
    } catch (error) {
      log(faultOf(registered, error))
    }
  }
  let running: Promise<void> | undefined
  const run = () => (running ??= invoke().finally(() => (running = undefined)))
  const started = run()
  schedule.schedule(run)
  schedule.resume()
  return {
    started,
    async close() {
      schedule.stop()
      await running
    },
  }
}

/**
 * Runs the timer functions of the app: once now, which a real host does only when asked, and then by their schedules.
 * @param registry - loaded with `loadFunctions`.
 * @throws {Error} for a schedule that is not understood.
 */
export const startTimers = (registry: FunctionRegistry, log: Log): Timers => {
  const timers = registry.functions.flatMap(parseTimer).map((timer) => startTimer(timer, registry, log))
  return {
    started: Promise.all(timers.map(({ started }) => started)).then(() => undefined),
    close: async () => void (await Promise.all(timers.map((timer) => timer.close()))),
  }
}
