import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Trusted } from '../trustFolder.ts'
import { freezeMilliseconds, type PlaceAnswer } from './askPlaces.ts'
import type { Loading } from './loadTrust.ts'
import type { HookState, PlaceState, TrustError, TrustState } from './trustState.ts'

/** What one look came to. Each part may be missing where the look ended early. */
export interface Looked {
  readonly at: Date
  /** A random number from 0 up to but not including 1. */
  readonly chance: number
  readonly answers: readonly PlaceAnswer[]
  readonly trusted: Trusted | undefined
  readonly loading: Loading | undefined
  /** What was reported, and the sequence in force by the service's word. */
  readonly reported: { readonly bundle: TrustBundle; readonly current: number | undefined } | undefined
  readonly error: unknown
}

/** How long is waited after the first error; doubled with each more. */
const retrySeconds = 60
const usualRefreshSeconds = 3_600

const errorAfter = (error: unknown, before: TrustError | undefined, at: string): TrustError => {
  const { code, detail } =
    error instanceof Refusal ? error : { code: 'fault' as const, detail: String(error) }
  return { code, detail, since: before?.code === code ? before.since : at, at }
}

/** Holds what a place answered against what is known now. One that was not reached may have caught up. */
const placeAfter = (
  { name, sequence, error }: PlaceAnswer,
  {
    before,
    newest,
    at,
  }: { readonly before: PlaceState | undefined; readonly newest: number; readonly at: string },
): PlaceState => {
  const isBehind = sequence === undefined ? undefined : sequence < newest
  const since = before?.behindSince
  const behindSince = isBehind === true ? (since ?? at) : isBehind === undefined ? since : undefined
  return {
    name,
    sequence: sequence ?? before?.sequence,
    behindSince,
    lastError: error && errorAfter(error, before?.lastError, at),
  }
}

const hookAfter = (
  loading: Loading | undefined,
  before: HookState | undefined,
  at: string,
): HookState | undefined => {
  if (loading?.kind === 'loaded')
    return { isLoaded: true, sequence: loading.bundle.sequence, at, failures: 0, isPutBack: false }
  if (loading?.kind !== 'failed') return before
  const { bundle, why, isPutBack } = loading
  const [since, failures] = [before?.since ?? at, (before?.failures ?? 0) + 1]
  return { isLoaded: false, sequence: bundle.sequence, at, since, failures, why, isPutBack }
}

/** When the next look is due: as the bundle hints, sooner while something is amiss; not all servers at once. */
const nextAfter = (state: Omit<TrustState, 'nextAt'>, { at, chance, trusted, error }: Looked): Date => {
  const refreshSeconds = trusted?.installed?.refreshSeconds ?? usualRefreshSeconds
  const asked = (error instanceof Refusal && error.options.retryAfterSeconds) || 0
  const backOff = Math.max(asked, Math.min(refreshSeconds, retrySeconds * 2 ** (state.failures - 1)))
  const seconds = state.failures > 0 ? backOff * (1 + chance / 2) : refreshSeconds * (1 - chance / 10)
  const frozenAt = state.places
    .flatMap(({ behindSince }) =>
      behindSince === undefined ? [] : Date.parse(behindSince) + freezeMilliseconds,
    )
    .filter((time) => time > at.getTime())
  return new Date(Math.min(at.getTime() + 1000 * seconds, ...frozenAt))
}

const bundleFacts = ({ installed, served, loaded }: Trusted) => ({
  sequence: installed?.sequence,
  servedSequence: served?.sequence,
  loadedSequence: loaded?.sequence,
  issuedAt: installed?.issuedAt.toISOString(),
  nextActivation: installed?.nextActivation?.toISOString(),
})

/** What is to be remembered after a look. */
export const trustAfter = (before: TrustState, looked: Looked): TrustState => {
  const { answers, trusted, loading, reported, error } = looked
  const at = looked.at.toISOString()
  const currentSequence = reported ? reported.current : before.currentSequence
  const newest = Math.max(trusted?.installed?.sequence ?? 0, currentSequence ?? 0)
  const known = new Map(before.places.map((place) => [place.name, place]))
  for (const answer of answers)
    known.set(answer.name, placeAfter(answer, { before: known.get(answer.name), newest, at }))
  const state = {
    ...before,
    ...(trusted ? bundleFacts(trusted) : {}),
    confirmedAt: answers.some((answer) => answer.error === undefined) ? at : before.confirmedAt,
    currentSequence,
    reported: reported ? { sequence: reported.bundle.sequence, at } : before.reported,
    places: [...known.values()],
    hook: hookAfter(loading, before.hook, at),
    lastError: error === undefined ? undefined : errorAfter(error, before.lastError, at),
    failures: error === undefined ? 0 : before.failures + 1,
  }
  return { ...state, nextAt: nextAfter(state, looked).toISOString() }
}
