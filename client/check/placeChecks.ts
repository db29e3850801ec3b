import { OlderBundle, verifyTrustBundle } from '../../lib/bundle/trustBundle.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { freezeMilliseconds } from '../agent/askPlaces.ts'
import { placeName, type TrustPlace } from '../agent/trustSpec.ts'
import { checkServiceUrl } from '../callService.ts'
import { fetchBundle } from '../fetchTrust.ts'
import type { CheckedBundle, InstalledTrust } from './bundleChecks.ts'
import { type Check, dependOn } from './check.ts'
import { type Found, notChecked, ok, problem, warning } from './finding.ts'
import { once } from './once.ts'
import type { ServiceWay } from './serviceChecks.ts'

/** What a place has, as the next look of the agent would take it. */
type Offered =
  | { readonly kind: 'verified'; readonly sequence: number }
  /** Verifies, but came before the installed one. */
  | { readonly kind: 'older'; readonly sequence: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Fetches and verifies as the agent does, and installs nothing. @throws {Refusal} where nothing is answered */
const offered = async (
  { tenant, anchors: pinned }: CheckedBundle,
  { url, ca }: TrustPlace,
  { known, now }: { readonly known: InstalledTrust; readonly now: Date },
): Promise<Offered> => {
  const { installed, anchors } = await dependOn('trust-bundle', known.trusted)
  const trusted = installed || anchors.length > 0 ? anchors : pinned
  const jws = await fetchBundle({ tenant, ca, attempts: 1 }, checkServiceUrl(url), {
    anchors: trusted,
    installed: undefined,
  })
  try {
    const { sequence } = await verifyTrustBundle(jws ?? '', { tenant, anchors: trusted, installed, now })
    return { kind: 'verified', sequence }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { cause } = error.options
    return cause instanceof OlderBundle
      ? { kind: 'older', sequence: cause.sequence }
      : { kind: 'refused', refusal: error }
  }
}

const behindFound = async (
  name: string,
  { sequence, newest }: { readonly sequence: number; readonly newest: number },
  { known, now }: { readonly known: InstalledTrust; readonly now: Date },
): Promise<Found> => {
  const since = (await known.state()).places.find((place) => place.name === name)?.behindSince
  const told = `it has bundle ${sequence}, and ${newest} is in force`
  const remedy =
    'Have whoever runs it see why it does not copy from the service; the agent asks the next place after an hour.'
  if (since === undefined) return warning(told, remedy)
  const isFrozen = now.getTime() - Date.parse(since) >= freezeMilliseconds
  return (isFrozen ? problem : warning)(`${told}; behind since ${rfc3339(new Date(since))}`, remedy)
}

const judge = async (
  name: string,
  offer: Offered,
  about: { readonly known: InstalledTrust; readonly now: Date; readonly newest: number },
): Promise<Found> => {
  if (offer.kind === 'refused')
    return problem(
      offer.refusal.detail,
      'What it serves is altered, or of another tenant, or this server knows none of the roots left (mayfly trust fetch --new-anchor). Nothing of it is installed.',
    )
  const { sequence } = offer
  if (sequence < about.newest) return behindFound(name, { sequence, newest: about.newest }, about)
  const { installed } = await about.known.trusted()
  if (installed?.sequence !== sequence)
    return warning(
      `it has bundle ${sequence}, and ${installed?.sequence ?? 'none'} is installed`,
      'Where that stays so, see when the agent looks: trust-age.',
    )
  return ok(`it has bundle ${sequence}, the last that is known of`)
}

/** The last sequence that any place, the folder or the service's word knows. */
const newestOf = async (
  offers: readonly (() => Promise<Offered>)[],
  { state, trusted }: InstalledTrust,
): Promise<number> => {
  const found = await Promise.all(offers.map((offer) => offer().catch(() => undefined)))
  const told = found.map((one) => (one?.kind === 'verified' || one?.kind === 'older' ? one.sequence : 0))
  const { installed } = await trusted()
  return Math.max(...told, installed?.sequence ?? 0, (await state()).currentSequence ?? 0)
}

/** A place, and the way to it. */
export interface CheckedPlace extends TrustPlace {
  readonly way: Pick<ServiceWay, 'reached'>
}

/** Checks what each place of a bundle serves: whether it is behind, or lies. */
export const placeChecks = (
  bundle: CheckedBundle,
  places: readonly CheckedPlace[],
  { known, now }: { readonly known: InstalledTrust; readonly now: () => Date },
): readonly Check[] => {
  const offers = places.map(({ way, ...place }) =>
    once(async () => {
      await way.reached()
      return offered(bundle, place, { known, now: now() })
    }),
  )
  return places.map(({ url }, index) => ({
    id: 'trust-place',
    subject: placeName(url),
    async ask() {
      const { installed, anchors } = await dependOn('trust-bundle', known.trusted)
      if (!installed && anchors.length === 0 && bundle.anchors.length === 0)
        return notChecked(
          'no root is known here that could sign what it serves',
          'Pin one by its SHA-256: anchors in mayfly.toml, or --anchor.',
        )
      const offer = await offers[index]?.()
      const newest = await newestOf(offers, known)
      return offer ? judge(placeName(url), offer, { known, now: now(), newest }) : []
    },
  }))
}
