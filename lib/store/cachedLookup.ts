import { patiently, tablesLate } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'

/** How a cached look-up loads and how long it keeps what it loaded. Times in milliseconds. */
export interface CachedLookupOptions<Value> {
  /**
   * @param before what was loaded last under the key, and may be given again.
   * @returns undefined when there is nothing under the key.
   */
  readonly load: (key: string, before: Value | undefined) => Promise<Value | undefined>
  readonly now: () => number
  /** How old an answer may be. From half of it on, the answer is refreshed behind the callers' backs. */
  readonly freshMilliseconds: number
  /** How old an answer may become while the tables are down. */
  readonly staleMilliseconds: number
  /** How long an absence is remembered. */
  readonly absentMilliseconds: number
  /** How many absences are remembered; the oldest are forgotten, so that a flood of unknown keys costs no memory. */
  readonly maxAbsent: number
}

interface Known<Value> {
  readonly value: Value
  readonly loadedAt: number
  /** While the tables are down: no attempt before this time. */
  readonly retryAt: number
}

const retryMilliseconds = 2_000

const isOutage = (error: unknown): boolean => error instanceof Refusal && error.code === 'tables-unavailable'

/**
 * Looks values up through a cache: one load a key at a time, which no caller's deadline ends. What it gives is never older than `freshMilliseconds` while the tables answer, nor than `staleMilliseconds` while they do not.
 */
export const cachedLookup = <Value>(options: CachedLookupOptions<Value>) => {
  const { load, now, freshMilliseconds, staleMilliseconds, absentMilliseconds, maxAbsent } = options
  const known = new Map<string, Known<Value>>()
  const absentUntil = new Map<string, number>()
  const loading = new Map<string, Promise<Value | undefined>>()

  /** What was loaded in the future was loaded before the clock was set back: nobody knows how long ago. */
  const ageOf = ({ loadedAt }: Known<Value>): number => {
    const age = now() - loadedAt
    return age >= 0 ? age : Infinity
  }

  const isAbsent = (key: string): boolean => {
    const left = (absentUntil.get(key) ?? 0) - now()
    return left > 0 && left <= absentMilliseconds
  }

  const rememberAbsence = (key: string): void => {
    known.delete(key)
    absentUntil.delete(key)
    absentUntil.set(key, now() + absentMilliseconds)
    const [oldest] = absentUntil.keys()
    if (absentUntil.size > maxAbsent && oldest !== undefined) absentUntil.delete(oldest)
  }

  const loadNow = async (key: string) => {
    const loadedAt = now()
    return { value: await load(key, known.get(key)?.value), loadedAt }
  }

  const reload = async (key: string): Promise<Value | undefined> => {
    try {
      const { value, loadedAt } = await loadNow(key)
      if (value === undefined) rememberAbsence(key)
      else known.set(key, { value, loadedAt, retryAt: 0 })
      return value
    } catch (error) {
      const stale = known.get(key)
      if (!stale || !isOutage(error) || ageOf(stale) >= staleMilliseconds) throw error
      known.set(key, { ...stale, retryAt: now() + retryMilliseconds })
      return stale.value
    }
  }

  const loadOnce = (key: string): Promise<Value | undefined> => {
    const running = loading.get(key) ?? reload(key).finally(() => loading.delete(key))
    loading.set(key, running)
    return running
  }

  return {
    /** Whether anything is known under the key, however old. */
    has: (key: string): boolean => known.has(key),
    /** Tells what is known now, however old. */
    values: (): readonly Value[] => [...known.values()].map(({ value }) => value),
    /**
     * @param wait how the caller waits for what must be loaded anew.
     * @param waitForUnknown how it waits for what was never loaded, which anyone can ask for.
     * @returns undefined when there is nothing under the key.
     * @throws {Refusal} `tables-unavailable` when the tables do not answer and nothing, or nothing recent enough, was
     *   loaded before; and what waiting throws.
     */
    async get(key: string, wait = patiently, waitForUnknown = wait): Promise<Value | undefined> {
      if (isAbsent(key)) return undefined
      const entry = known.get(key)
      if (!entry) return waitForUnknown(() => loadOnce(key), tablesLate)
      const age = ageOf(entry)
      if (entry.retryAt > now() && age < staleMilliseconds) return entry.value
      if (age >= freshMilliseconds) return wait(() => loadOnce(key), tablesLate)
      // A failed refresh shows when the answer is too old to serve, and is tried again then.
      if (age >= freshMilliseconds / 2) loadOnce(key).catch(() => undefined)
      return entry.value
    },
  }
}
