import { freezeMilliseconds } from './askPlaces.ts'
import type { TrustState } from './trustState.ts'

/** A mirror, or the service itself, that has been behind what is in force for an hour or longer. */
export interface FrozenPlace {
  readonly name: string
  /** RFC 3339. */
  readonly since: string
  /** The sequence that it served last. */
  readonly sequence: number | undefined
  /** The sequence that is in force, as far as it is known here. */
  readonly newest: number
}

/** Names the places that are behind for so long that they are not relied on. */
export const frozenPlaces = (
  { places, sequence, currentSequence }: Pick<TrustState, 'places' | 'sequence' | 'currentSequence'>,
  at: Date,
): readonly FrozenPlace[] =>
  places.flatMap(({ name, behindSince: since, sequence: served }) => {
    if (since === undefined || at.getTime() - Date.parse(since) < freezeMilliseconds) return []
    return [{ name, since, sequence: served, newest: Math.max(sequence ?? 0, currentSequence ?? 0) }]
  })
