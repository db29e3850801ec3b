import type { KeyObject } from 'node:crypto'
import { type FindKeys, keyFinder } from '../../lib/token/keyFinder.ts'
import { type PublishedKey, publishedKeys } from '../../lib/token/publishedKeys.ts'
import type { TokenAlgorithm } from '../../lib/token/tokenSignature.ts'
import { type Found, ok, problem } from '../../client/check/finding.ts'

const nameOf = ({ kid }: PublishedKey): string =>
  kid !== undefined && /^[\w.~+/=-]{1,64}$/.test(kid) ? kid : 'a key without a plain kid'

/** Finds a key as the service does for a token that names it; tells why it does not, otherwise. */
const judgeKey = (
  entry: PublishedKey,
  find: FindKeys,
  algorithms: readonly TokenAlgorithm[],
): KeyObject | string => {
  if (entry.kind === 'fault') return `${nameOf(entry)} ${entry.why}`
  const { kid, key } = entry
  const named = entry.algorithms.filter((algorithm) => algorithms.includes(algorithm))
  if (named.length === 0) return `${nameOf(entry)} is for none of ${algorithms.join(', ')}`
  const isFound = named.some((alg) => find({ alg, kid }).some((found) => found.equals(key)))
  return isFound ? key : `${nameOf(entry)} cannot be told from others that fit as well`
}

/** Counts the same key once where it is listed twice. */
const countDistinct = (keys: readonly KeyObject[]): number =>
  keys.filter((key, index) => keys.findIndex((other) => other.equals(key)) === index).length

/**
 * Judges the set of keys (RFC 7517) of an issuer of tokens by what the service finds of it, for the algorithms its tokens may have.
 * @throws {Error} when the service takes the document for no set of keys.
 */
export const judgeKeys = (document: unknown, algorithms: readonly TokenAlgorithm[]): Found => {
  const published = publishedKeys(document)
  if (published.some((entry) => entry.kind === 'fault' && entry.isPrivate))
    return problem(
      'it publishes a private key: anyone can make its tokens',
      'Take the issuer out of the configuration now; have it make a new key.',
    )
  const find = keyFinder(published)
  const judged = published.map((entry) => judgeKey(entry, find, algorithms))
  const usable = countDistinct(judged.filter((one) => typeof one !== 'string'))
  const faults = judged.filter((one) => typeof one === 'string').slice(0, 3)
  const detail = [`${published.length} keys, ${usable} usable`, ...faults].join('; ')
  if (usable > 0) return ok(detail)
  return problem(
    detail,
    'No token of this issuer can be verified: have it sign with an algorithm that the configuration lists, RSA keys of 2048 bits or more.',
  )
}
