import { OlderBundle } from '../../lib/bundle/trustBundle.ts'
import type { RefusalCode } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { fetchTrust } from '../fetchTrust.ts'
import { placeName, type TrustPlace, type TrustSpec, type TrustWorld } from './trustSpec.ts'
import type { TrustState } from './trustState.ts'

/** How long a mirror may be behind before another is asked: mirrors copy now and then. */
export const freezeMilliseconds = 60 * 60_000

/** What one place answered. */
export interface PlaceAnswer {
  readonly name: string
  /** Of the bundle that it has; undefined where that is none that verifies. */
  readonly sequence: number | undefined
  readonly error: Refusal | undefined
}

/** What is asked, and what was known before. */
export interface Asking {
  readonly spec: TrustSpec
  readonly before: TrustState
  readonly world: TrustWorld
  readonly signal: AbortSignal
}

/** Is no fault of the place. */
const ours: ReadonlySet<RefusalCode> = new Set(['folder-busy', 'file-in-use', 'usage-wrong'])

const ask = async (
  { spec, world, signal }: Asking,
  place: TrustPlace,
  { isLast, isAnchored }: { readonly isLast: boolean; readonly isAnchored: boolean },
): Promise<PlaceAnswer> => {
  const { folder, tenant, anchors } = spec
  const newAnchors = isAnchored ? undefined : spec.newAnchors
  const attempts = isLast ? undefined : 1
  const name = placeName(place.url)
  const wanted = { ...place, folder, tenant, anchors, newAnchors, attempts, signal, now: world.now() }
  try {
    const { sequence } = await fetchTrust(wanted)
    return { name, sequence, error: undefined }
  } catch (error) {
    if (!(error instanceof Refusal) || ours.has(error.code)) throw error
    const { cause } = error.options
    return { name, sequence: cause instanceof OlderBundle ? cause.sequence : undefined, error }
  }
}

/** Whether a place has been behind what the service says is in force for so long that it is not relied on. */
const isFrozen = ({ before, world }: Asking, { name, sequence = 0 }: PlaceAnswer): boolean => {
  const since = before.places.find((place) => place.name === name)?.behindSince
  if (since === undefined || sequence >= (before.currentSequence ?? 0)) return false
  return world.now().getTime() - Date.parse(since) >= freezeMilliseconds
}

/**
 * Asks places for a bundle, and installs it: the next one where one fails, or has been behind for an hour.
 * @returns the answers, in the order in which they were given.
 * @throws {Refusal} `folder-busy`, `file-in-use`, `usage-wrong`; or the fault of the file system, or the reason of the signal
 */
export const askPlaces = async (asking: Asking): Promise<readonly PlaceAnswer[]> => {
  const { places } = asking.spec
  const answers: PlaceAnswer[] = []
  for (const place of places) {
    const isAnchored = answers.some(({ error }) => error === undefined)
    const answer = await ask(asking, place, { isLast: place === places.at(-1), isAnchored })
    // That nobody waited for an answer is no fault of a place.
    asking.signal.throwIfAborted()
    answers.push(answer)
    if (answer.error === undefined && !isFrozen(asking, answer)) break
  }
  return answers
}
