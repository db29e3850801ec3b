import type { HttpRequest } from '@azure/functions'
import { Refusal } from '../errors/refusal.ts'

interface Preference {
  /** Lower case, without parameters. */
  readonly range: string
  /** 0 to 1. */
  readonly weight: number
}

const parsePreference = (text: string): Preference => {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  return {
    range,
    weight: weight === undefined ? 1 : /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : 0,
  }
}

/** The most specific range decides, RFC 9110 section 12.5.1. */
const weightOf = (type: string, preferences: readonly Preference[]): number => {
  const ranges = [type, `${type.split('/')[0]}/*`, '*/*']
  const match = ranges.map((wanted) => preferences.find(({ range }) => range === wanted)).find(Boolean)
  return match?.weight ?? 0
}

/**
 * Chooses the representation a client likes best; of equals the one offered first, and that one too without Accept.
 * @throws {Refusal} `not-acceptable`
 */
export const negotiate = <Type extends string>(
  request: HttpRequest,
  offers: readonly [Type, ...Type[]],
): Type => {
  const accept = request.headers.get('accept') ?? '*/*'
  const preferences = accept.split(',').slice(0, 32).map(parsePreference)
  const weighed = offers.map((type) => ({ type, weight: weightOf(type, preferences) }))
  const best = weighed.reduce((a, b) => (b.weight > a.weight ? b : a))
  if (best.weight > 0) return best.type
  throw new Refusal(
    'not-acceptable',
    `Cannot answer in the media types of Accept: this path offers ${offers.join(', ')}.`,
  )
}
