import { Refusal } from '../../errors/refusal.ts'

/** How long an issuer is left alone after its first failure, and at most; in milliseconds. */
const firstRest = 1_000
const longestRest = 30_000

/** The least that clients are told to wait: while an issuer is probed, its rest is over. */
const leastWait = 2_000

interface Sickness {
  readonly failures: number
  /** No request before this time. */
  readonly until: number
  /** Whether one request is trying whether it is well again. */
  readonly probed: boolean
}

/** Seconds until a client should ask again: spread out, so that not everybody comes at once. */
const jittered = (milliseconds: number, chance: number): number =>
  1 + Math.round((Math.max(leastWait, milliseconds) * (0.5 + chance)) / 1000)

/**
 * Remembers which issuers failed to sign. One that failed rests, twice as long each time; then a single request probes
 * it while the others go elsewhere (a half-open circuit).
 * @param now milliseconds.
 */
export const issuerHealth = (now: () => number) => {
  const sick = new Map<string, Sickness>()

  /** Takes part in choosing: well, or its rest is over and nobody probes it yet. */
  const mayTry = (id: string): boolean => {
    const sickness = sick.get(id)
    return !sickness || (sickness.until <= now() && !sickness.probed)
  }

  return {
    /**
     * The issuers to try, in this order: one that is probed, those that are well, from a random one on, and those that
     * another request should rather probe.
     * @param chance a random number from 0 to 1.
     * @throws {Refusal} `issuer-unavailable` when all rest.
     */
    order<Candidate>(
      candidates: readonly Candidate[],
      idOf: (candidate: Candidate) => string,
      chance: number,
    ): readonly Candidate[] {
      const able = candidates.filter((candidate) => mayTry(idOf(candidate)))
      const start = Math.min(able.length - 1, Math.floor(chance * able.length))
      const rotated = [...able.slice(start), ...able.slice(0, start)]
      if (rotated.length > 0) {
        const [probe, ...others] = rotated.filter((candidate) => sick.has(idOf(candidate)))
        const well = rotated.filter((candidate) => !sick.has(idOf(candidate)))
        return probe === undefined ? well : [probe, ...well, ...others]
      }
      const soonest = Math.min(...candidates.map((candidate) => sick.get(idOf(candidate))?.until ?? 0))
      throw new Refusal('issuer-unavailable', 'Cannot sign: every issuer failed a moment ago and rests.', {
        retryAfterSeconds: jittered(soonest - now(), chance),
      })
    },
    /** Claims the probe of an issuer that rested; false when another request has it, or the rest is not over. */
    claim(id: string): boolean {
      const sickness = sick.get(id)
      if (!sickness) return true
      if (!mayTry(id)) return false
      sick.set(id, { ...sickness, probed: true })
      return true
    },
    /** Gives the probe back to the next request: this one ended before anything was known of the issuer. */
    released(id: string): void {
      const sickness = sick.get(id)
      if (sickness) sick.set(id, { ...sickness, probed: false })
    },
    /** Whether it failed and has not signed since. */
    isResting: (id: string): boolean => sick.has(id),
    succeeded(id: string): void {
      sick.delete(id)
    },
    /** @param restMilliseconds what the key asked for, if it did. */
    failed(id: string, restMilliseconds = 0): void {
      const known = sick.get(id)
      // Requests that were under way when the first one failed say nothing new.
      if (known && !known.probed && known.until > now()) return
      const failures = (known?.failures ?? 0) + 1
      const rest = Math.min(longestRest, firstRest * 2 ** (failures - 1))
      const until = now() + Math.max(rest, Math.min(restMilliseconds, longestRest))
      sick.set(id, { failures, until, probed: false })
    },
  }
}
