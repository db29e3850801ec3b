/** Why profiles are checked. */
export type Trigger = 'start' | 'timer' | 'file' | 'network' | 'retry'

/** When profiles are checked; times are milliseconds by the clock of the agent. */
export interface Triggers {
  /** Takes note of a trigger; nothing but the beginning of a check forgets it. */
  add(trigger: Trigger): void
  /** Takes the triggers there are, where a check may begin now; none otherwise. */
  take(now: number): readonly Trigger[]
  /** Says that a check ended. @param mayHelp whether something did not answer, or could not be done, and may be by itself */
  end(now: number, check: { readonly triggers: readonly Trigger[]; readonly mayHelp: boolean }): void
  /** When a check begins at the latest. */
  readonly next: number
}

const minute = 60_000

/** How soon another check may follow for a network that changes all the time. */
const leastMilliseconds = 30_000

/** How soon it is tried again where something did not answer; twice as late each time. */
const retryMilliseconds = minute

/** Opens the triggers of a watch, which begins with a check. @param chance from 0 up to but not including 1 */
export const openTriggers = (checkMinutes: number, chance: () => number): Triggers => {
  const interval = checkMinutes * minute
  let pending = new Set<Trigger>(['start'])
  let [timer, retry, ended] = [Infinity, Infinity, -Infinity]
  let failures = 0
  return {
    add(trigger) {
      pending.add(trigger)
    },
    take(now) {
      if (now >= timer) pending.add('timer')
      if (now >= retry) pending.add('retry')
      const onlyNetwork = pending.size === 1 && pending.has('network')
      if (pending.size === 0 || (onlyNetwork && now < ended + leastMilliseconds)) return []
      const taken = [...pending]
      pending = new Set()
      return taken
    },
    end(now, { triggers, mayHelp }) {
      ended = now
      // A tenth earlier at the most: those that began together do not ask together.
      timer = now + interval * (1 - chance() / 10)
      const isFresh = triggers.some((one) => one === 'file' || one === 'network')
      const before = isFresh ? 0 : failures
      failures = mayHelp ? before + 1 : 0
      retry = mayHelp ? now + retryMilliseconds * 2 ** Math.min(before, 20) : Infinity
    },
    get next() {
      if (pending.size > 0) return ended + leastMilliseconds
      return Math.min(timer, retry)
    },
  }
}
