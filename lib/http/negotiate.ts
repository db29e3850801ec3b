import type { HttpRequest } from '@azure/functions'
import { HttpRefusal } from './problem.ts'
import { type MediaType, parseMediaType, splitUnquoted, maxFieldCharacters } from './mediaType.ts'

interface Preference extends MediaType {
  /** 0 to 1. */
  readonly weight: number
}

/** More members of Accept than any client has; those beyond are not read. */
const maxPreferences = 32

/** The members of Accept; one that is cut off is none. */
const membersOf = (accept: string): readonly string[] => {
  const members = splitUnquoted(accept.slice(0, maxFieldCharacters), ',')
  return (accept.length > maxFieldCharacters ? members.slice(0, -1) : members).slice(0, maxPreferences)
}

/** RFC 9110 section 12.4.2; the digit before the point may be missing, as in what Java sends on its own. */
const weightForm = /^(?:0?\.\d{1,3}|0\.?|1(?:\.0{0,3})?)$/

/** Of the types offered none has a charset: to ask for one, as many clients do, changes nothing. */
const irrelevant = new Set(['q', 'charset'])

/** @returns undefined for a member that is malformed, which counts as if it were not there. */
const parsePreference = (text: string): Preference | undefined => {
  const range = parseMediaType(text)
  const weight = range?.parameters.get('q') ?? '1'
  if (!range || !weightForm.test(weight)) return undefined
  const wanted = [...range.parameters].filter(([name]) => !irrelevant.has(name))
  return { type: range.type, parameters: new Map(wanted), weight: Number(weight) }
}

/**
 * How closely a range names an offer: 0 not at all, else more for a type than for a wildcard, and more still with
 * a parameter. Each parameter of the range must be one of the offer, values compared without regard to case.
 */
const specificity = (offer: MediaType, { type, parameters }: Preference): number => {
  const rank = ['*/*', `${offer.type.split('/')[0]}/*`, offer.type].indexOf(type)
  const holds = [...parameters].every(
    ([name, value]) => offer.parameters.get(name)?.toLowerCase() === value.toLowerCase(),
  )
  return rank >= 0 && holds ? 10 * (rank + 1) + parameters.size : 0
}

/** The most specific range decides, RFC 9110 section 12.5.1; of equals the first. */
const weightOf = (offer: MediaType, preferences: readonly Preference[]): number => {
  let closest = 0
  let weight = 0
  for (const preference of preferences) {
    const close = specificity(offer, preference)
    if (close > closest) [closest, weight] = [close, preference.weight]
  }
  return weight
}

/**
 * Chooses the representation a client likes best; of equals the one offered first, and that one too without Accept.
 * @param offers media types, with the parameters their Content-Type has.
 * @throws {Refusal} `not-acceptable`, with the offers
 */
export const negotiate = <Type extends string>(
  request: HttpRequest,
  offers: readonly [Type, ...Type[]],
): Type => {
  const accept = request.headers.get('accept') ?? '*/*'
  const asIs = offers.find((type) => type === accept)
  if (asIs !== undefined) return asIs
  const preferences = membersOf(accept)
    .map(parsePreference)
    .filter((range) => range !== undefined)
  const weighed = offers.map((type) => {
    const offer = parseMediaType(type)
    return { type, weight: offer ? weightOf(offer, preferences) : 0 }
  })
  const best = weighed.reduce((a, b) => (b.weight > a.weight ? b : a))
  if (best.weight > 0) return best.type
  throw new HttpRefusal(
    'not-acceptable',
    `Cannot answer in the media types of Accept${accept.trim() === '' ? ', which is empty' : ''}: this path offers ${offers.join(', ')}.`,
    { headers: { vary: 'Accept' }, offers },
  )
}
