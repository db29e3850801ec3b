import { Refusal } from '../errors/refusal.ts'
import type { Entry } from '../ledger/record/entry.ts'

/** The certificate that a token bought. */
export interface Outcome {
  /** False when an earlier request bought the certificate. */
  readonly created: boolean
  readonly entry: Entry
}

/** Keeps requests for one token from signing side by side. */
export interface SingleFlight {
  /**
   * Issues for a token, or waits for the request that does, or did a moment ago: its look-up may have been too early to
   * see the row.
   * @param token unique within the deployment.
   * @param issue goes on to its end, whoever still waits for it.
   * @param follow waits for it, as long as the request can.
   * @throws whatever issuing throws; the refusals of one request are those of all that wait for it.
   */
  once(
    token: string,
    issue: () => Promise<Outcome>,
    follow: (outcome: Promise<Outcome>) => Promise<Outcome>,
  ): Promise<Outcome>
  /** How many tokens are known, those that were issued for a moment ago included. */
  readonly remembered: number
}

interface Flight {
  readonly outcome: Promise<Outcome>
  /** Until when it is remembered; milliseconds. */
  until: number
}

/** Tells whether a failure is that of all requests of the token, such as an outage; a defect is its own request's alone. */
const isShared = (error: unknown): boolean => error instanceof Refusal && error.status !== 500

/**
 * Makes the flights of one instance.
 * @param rememberMilliseconds longer than any request takes.
 * @param clock milliseconds of a monotonic clock.
 */
export const openSingleFlight = (rememberMilliseconds: number, clock: () => number): SingleFlight => {
  /** Oldest first. */
  const known = new Map<string, Flight>()

  const forgetOld = (): void => {
    for (const [token, { until }] of known) {
      if (until > clock()) return
      known.delete(token)
    }
  }

  const lead = (token: string, issue: () => Promise<Outcome>): Promise<Outcome> => {
    const flight: Flight = { outcome: issue(), until: Number.POSITIVE_INFINITY }
    known.set(token, flight)
    flight.outcome.then(
      () => (flight.until = clock() + rememberMilliseconds),
      () => known.delete(token),
    )
    return flight.outcome
  }

  const once: SingleFlight['once'] = async (token, issue, follow) => {
    forgetOld()
    const flight = known.get(token)
    if (!flight) return follow(lead(token, issue))
    try {
      const { entry } = await follow(flight.outcome)
      return { entry, created: false }
    } catch (error) {
      if (isShared(error)) throw error
      return once(token, issue, follow)
    }
  }
  return {
    once,
    get remembered() {
      return known.size
    },
  }
}
