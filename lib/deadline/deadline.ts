import type { Refusal } from '../errors/refusal.ts'

/** The time that one request has. */
export interface Budget {
  /** Milliseconds that are left; 0 when there are none. */
  remaining(): number
  /**
   * Waits for an answer as long as there is time; what comes later is dropped.
   * @param late the refusal when it does not come in time.
   * @param reserveMilliseconds what must be left then, for what comes after it.
   */
  within<T>(answer: Promise<T>, late: () => Refusal, reserveMilliseconds?: number): Promise<T>
}

/** Waits for an answer at most so long; what comes later is dropped. @throws what `late` makes. */
export const withinMilliseconds = async <T>(
  answer: Promise<T>,
  milliseconds: number,
  late: () => Error,
): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds)
  })
  try {
    return await Promise.race([answer, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Starts the time of one request.
 * @param clock milliseconds of a monotonic clock.
 */
export const budgetOf = (milliseconds: number, clock: () => number): Budget => {
  const endsAt = clock() + milliseconds
  const remaining = () => Math.max(0, endsAt - clock())
  return {
    remaining,
    within: (answer, late, reserveMilliseconds = 0) =>
      withinMilliseconds(answer, Math.max(0, remaining() - reserveMilliseconds), late),
  }
}
