/** Runs work when there is room for it. */
export interface Gate {
  /** @throws what `full` makes when too many wait, and whatever the work throws. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** What a gate lets through. */
export interface GateOptions {
  /** How many run at once. */
  readonly running: number
  /** How many wait then, in the order they came. */
  readonly waiting: number
  readonly full: () => Error
}

/** Lets at most so many run at once. */
export const atMost = ({ running: mostRunning, waiting: mostWaiting, full }: GateOptions): Gate => {
  const waiting: (() => void)[] = []
  let running = 0

  const enter = async (): Promise<void> => {
    if (running < mostRunning) {
      running += 1
      return
    }
    if (waiting.length >= mostWaiting) throw full()
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** Whoever waits longest takes the place over. */
  const leave = (): void => {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return {
    async run(work) {
      await enter()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
