import { Refusal } from '../errors/refusal.ts'

/** The time of one request, or of a part of it. */
export interface Deadline {
  /** Milliseconds that are left; 0 when there are none. */
  remaining(): number
  /** Ends the calls that are made for this request alone. */
  readonly signal: AbortSignal
  /**
   * Waits for an answer as long as there is time. Work that others may wait for goes on: only the waiting ends.
   * @throws what `late` makes.
   */
  within<T>(answer: Promise<T>, late: () => Error): Promise<T>
  /** Starts the time of a part: no longer than this, and leaving a reserve for what comes after it. */
  part(limits: { readonly milliseconds?: number; readonly reserveMilliseconds?: number }): Deadline
}

/** Why signals end: one for all, because a stack is expensive to take down and says nothing here. */
const timeIsOver = new DOMException('The time of the request is over.', 'AbortError')

/** Makes a signal that ends by itself, after what is done first; no process stays for it. */
const signalAfter = (milliseconds: number, first: () => void): AbortSignal => {
  if (milliseconds === 0) return AbortSignal.abort(timeIsOver)
  const controller = new AbortController()
  const end = () => {
    first()
    controller.abort(timeIsOver)
  }
  setTimeout(end, Math.ceil(milliseconds)).unref()
  return controller.signal
}

/**
 * Starts the time of a request. Runs no timer before somebody waits or asks for the signal: most parts of a request do neither.
 * @param clock milliseconds of a monotonic clock.
 */
export const openDeadline = (milliseconds: number, clock: () => number): Deadline => {
  const endsAt = clock() + milliseconds
  const remaining = () => Math.max(0, endsAt - clock())
  let signal: AbortSignal | undefined
  const waiting = new Set<() => void>()
  /** Tells all that wait, before a call that is ended can tell them that it was: they know who was late. */
  const stopAll = () => {
    for (const stop of waiting) stop()
  }
  return {
    remaining,
    get signal() {
      return (signal ??= signalAfter(remaining(), stopAll))
    },
    within: (answer, late) =>
      new Promise((resolve, reject) => {
        const stop = () => ended(reject)(late())
        const ended =
          <Value>(settle: (value: Value) => void) =>
          (value: Value) => {
            clearTimeout(timer)
            waiting.delete(stop)
            settle(value)
          }
        const left = remaining()
        const timer = left === 0 ? undefined : setTimeout(stop, Math.ceil(left))
        waiting.add(stop)
        answer.then(ended(resolve), ended(reject))
        // Behind an answer that is there already: that is taken, late or not.
        if (left === 0) queueMicrotask(stop)
      }),
    part: ({ milliseconds: most = Infinity, reserveMilliseconds = 0 }) =>
      openDeadline(Math.max(0, Math.min(most, remaining() - reserveMilliseconds)), clock),
  }
}

/** Waits, for as long as a request can, for an answer that others may wait for too. @throws what `late` makes. */
export type Wait = <T>(answer: () => Promise<T>, late: () => Error) => Promise<T>

/** Waits as long as it takes. */
export const patiently: Wait = (answer) => answer()

/** Makes the refusal of a request whose time was over before a part answered. */
export const late =
  (
    code: 'tables-unavailable' | 'token-keys-unavailable' | 'signer-unavailable' | 'overloaded',
    what: string,
  ) =>
  () =>
    new Refusal(code, `Cannot answer: ${what} did not answer in time.`, { retryAfterSeconds: 5 })

/** Makes the refusal of a request that the tables kept waiting. */
export const tablesLate = late('tables-unavailable', 'the tables')

/** Makes the refusal of a request whose body did not come while it held its place. */
export const bodyLate = late('overloaded', 'the sender of the body')
