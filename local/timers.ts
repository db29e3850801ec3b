import type { FunctionRegistry, Log } from './functionsCore.ts'
import { parseNcrontab, type Schedule } from './schedule.ts'
import type { RegisteredFunction, TriggerInput } from './programmingModel.ts'

/** What runs the timers, and where they log. */
export interface TimersOptions {
  /** Loaded with `loadFunctions`. */
  readonly registry: FunctionRegistry
  readonly log: Log
  readonly now: () => Date
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
  readonly schedule: Schedule
}

/** A timer of node's takes 24 days at most, and a sleeping machine stops it: the time is looked at again meanwhile. */
const longestWait = 60_000

const parseTimer = (registered: RegisteredFunction): Timer | undefined => {
  const { bindings, name } = registered.metadata
  const trigger = Object.entries(bindings).find(([, { type }]) => type.toLowerCase() === 'timertrigger')
  if (!trigger) return undefined
  const [bindingName, { schedule }] = trigger
  if (schedule === undefined) throw new Error(`Cannot run "${name}": its timer has no schedule`)
  return { registered, bindingName, schedule: parseNcrontab(schedule) }
}

/** What the host sends: the library turns the names to lower case. */
const inputOf = ({ bindingName, schedule }: Timer, now: Date): TriggerInput => {
  const time = now.toISOString()
  const status = { Last: time, Next: schedule.next(now).toISOString(), LastUpdated: time }
  const data = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: false }
  return { name: bindingName, data: { json: JSON.stringify(data) } }
}

/** A function that throws is logged, as a host does, and runs again at its next time. */
const invoke = async (timer: Timer, { registry, log, now }: TimersOptions): Promise<void> => {
  const { registered } = timer
  try {
    await registry.invoke(registered, inputOf(timer, now()))
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log({ level: 'error', category: 'system', message, functionName: registered.metadata.name })
  }
}

/** One run after the other, never two at a time; the first at once. */
const startTimer = (timer: Timer, options: TimersOptions) => {
  let waiting: NodeJS.Timeout | undefined
  let isClosed = false
  const run = async (): Promise<void> => {
    await invoke(timer, options)
    wait(timer.schedule.next(options.now()))
  }
  const wait = (until: Date): void => {
    if (isClosed) return
    const milliseconds = Math.max(0, until.getTime() - options.now().getTime())
    waiting = setTimeout(
      () => {
        if (options.now() < until) wait(until)
        else running = run()
      },
      Math.min(milliseconds, longestWait),
    )
  }
  let running = run()
  return {
    started: running,
    async close() {
      isClosed = true
      clearTimeout(waiting)
      await running
    },
  }
}

/**
 * Runs the timer functions of the app: once now, which a real host does only when asked, and then by their schedules.
 * @throws {Error} for a schedule that is not understood.
 */
export const startTimers = (options: TimersOptions): Timers => {
  const parsed = options.registry.functions.map(parseTimer).filter((timer) => timer !== undefined)
  const timers = parsed.map((timer) => startTimer(timer, options))
  return {
    started: Promise.all(timers.map(({ started }) => started)).then(() => undefined),
    close: async () => void (await Promise.all(timers.map((timer) => timer.close()))),
  }
}
