import { Refusal } from '../errors/refusal.ts'
import type { Entry } from '../ledger/record/entry.ts'

/** The certificate that a token bought. */
export interface Outcome {
  /** False when an earlier request bought the certificate. */
  readonly created: boolean
  readonly entry: Entry
}

/** Keeps requests for one token from signing side by side, and from signing one after the other. */
export interface SingleFlight {
  /**
   * Issues for a token, or waits for the request that does, or did a moment ago.
   * @param token unique within the deployment.
   * @param issue told whether this instance surely recorded nothing for the token within the time that it remembers; goes
   *   on to its end, whoever still waits for it.
   * @param follow waits for it, as long as the request can.
   * @throws whatever issuing throws; the refusals of one request are those of all that wait for it.
   */
  once(
    token: string,
    issue: (isUnseen: boolean) => Promise<Outcome>,
    follow: (outcome: Promise<Outcome>) => Promise<Outcome>,
  ): Promise<Outcome>
  /** How many tokens are known, those that were issued for a moment ago included. */
  readonly remembered: number
}

/** How much is remembered, and how long. */
export interface SingleFlightOptions {
  /** How long what a token bought is remembered; longer than any request takes. */
  readonly rememberMilliseconds: number
  /** How many tokens are remembered. While there are more, what is not known counts as seen. */
  readonly most: number
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number
}

interface Flight {
  readonly outcome: Promise<Outcome>
  /** Until when it is remembered; milliseconds. */
  until: number
}

/** Tells whether a failure is that of all requests of the token, such as an outage; a defect is its own request's alone. */
const isShared = (error: unknown): boolean => error instanceof Refusal && error.status !== 500

/** Tells whether a row may be there in spite of a failure; every other refusal comes before anything is recorded. */
const isDoubtful = (error: unknown): boolean =>
  !(error instanceof Refusal) || error.code === 'tables-unavailable'

/** Makes the flights of one instance. */
export const openSingleFlight = ({
  rememberMilliseconds,
  most,
  clock,
}: SingleFlightOptions): SingleFlight => {
  /** Oldest first. */
  const known = new Map<string, Flight>()
  /** Until when a token may have been issued for that is not known. */
  let doubtedUntil = Number.NEGATIVE_INFINITY

  const forgetOld = (): void => {
    for (const [token, { until }] of known) {
      if (until > clock()) return
      known.delete(token)
    }
  }

  /** Forgets a token: from here on, whatever is not known may be this one. */
  const doubt = (token: string): void => {
    known.delete(token)
    doubtedUntil = clock() + rememberMilliseconds
  }

  const land = (token: string, flight: Flight): void => {
    if (known.size > most) doubt(token)
    else flight.until = clock() + rememberMilliseconds
  }

  const fail = (token: string, error: unknown): void => {
    if (isDoubtful(error)) doubt(token)
    else known.delete(token)
  }

  const lead = (token: string, issue: (isUnseen: boolean) => Promise<Outcome>): Promise<Outcome> => {
    const flight: Flight = { outcome: issue(clock() >= doubtedUntil), until: Number.POSITIVE_INFINITY }
    known.set(token, flight)
    flight.outcome.then(
      () => land(token, flight),
      (error: unknown) => fail(token, error),
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
