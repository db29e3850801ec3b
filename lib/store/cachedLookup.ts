import { Refusal } from '../errors/refusal.ts'
import { atMost } from './atMost.ts'

/** How a cached look-up loads and how long it keeps what it loaded. Times in milliseconds. */
export interface CachedLookupOptions<Value> {
  /** @returns undefined when there is nothing under the key. */
  readonly load: (key: string) => Promise<Value | undefined>
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

/** Anyone can ask for what is not known: strangers wait for each other, and whoever asks for what is known for nobody. */
const firstLoads = { running: 4, waiting: 1_000 } as const

const tooMany = () =>
  new Refusal('overloaded', 'Cannot answer now: too much is asked for that is not known yet.', {
    retryAfterSeconds: 5,
  })

const isOutage = (error: unknown): boolean => error instanceof Refusal && error.code === 'tables-unavailable'

/**
 * Looks values up through a cache: one load a key at a time, and few at once of keys that are not known. What it gives
 * is never older than `freshMilliseconds` while the tables answer, nor than `staleMilliseconds` while they do not.
 */
export const cachedLookup = <Value>(options: CachedLookupOptions<Value>) => {
  const { load, now, freshMilliseconds, staleMilliseconds, absentMilliseconds, maxAbsent } = options
  const known = new Map<string, Known<Value>>()
  const absentUntil = new Map<string, number>()
  const loading = new Map<string, Promise<Value | undefined>>()
  const gate = atMost({ ...firstLoads, full: tooMany })

  const rememberAbsence = (key: string): void => {
    known.delete(key)
    absentUntil.delete(key)
    absentUntil.set(key, now() + absentMilliseconds)
    const [oldest] = absentUntil.keys()
    if (absentUntil.size > maxAbsent && oldest !== undefined) absentUntil.delete(oldest)
  }

  const loadNow = async (key: string) => {
    const loadedAt = now()
    return { value: await load(key), loadedAt }
  }

  const reload = async (key: string): Promise<Value | undefined> => {
    try {
      const { value, loadedAt } = await (known.has(key) ? loadNow(key) : gate.run(() => loadNow(key)))
      if (value === undefined) rememberAbsence(key)
      else known.set(key, { value, loadedAt, retryAt: 0 })
      return value
    } catch (error) {
      const stale = known.get(key)
      if (!stale || !isOutage(error) || now() - stale.loadedAt >= staleMilliseconds) throw error
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
    /** What is known now, however old. */
    values: (): readonly Value[] => [...known.values()].map(({ value }) => value),
    /**
     * @returns undefined when there is nothing under the key.
     * @throws {Refusal} `overloaded` when too much is asked for that is not known; `tables-unavailable` when the tables
     *   do not answer and nothing, or nothing recent enough, was loaded before.
     */
    async get(key: string): Promise<Value | undefined> {
      if ((absentUntil.get(key) ?? 0) > now()) return undefined
      const entry = known.get(key)
      if (!entry) return loadOnce(key)
      const age = now() - entry.loadedAt
      if (entry.retryAt > now() && age < staleMilliseconds) return entry.value
      if (age >= freshMilliseconds) return loadOnce(key)
      // A failed refresh shows when the answer is too old to serve, and is tried again then.
      if (age >= freshMilliseconds / 2) loadOnce(key).catch(() => undefined)
      return entry.value
    },
  }
}
