import type { KeyObject } from 'node:crypto'
import { type FindKeys, keyFinder } from '../../lib/token/keyFinder.ts'
import { type PublishedKey, publishedKeys } from '../../lib/token/publishedKeys.ts'
import type { TokenAlgorithm } from '../../lib/token/tokenSignature.ts'
import type { Found } from './finding.ts'

/** What a set of keys (RFC 7517) holds. */
export interface JudgedKeys {
  readonly count: number
  /** Different ones: the same key may be listed twice. */
  readonly usable: number
  /** What is wrong with others, a few words each. */
  readonly faults: readonly string[]
  /** Whether a private key is published. */
  readonly isExposed: boolean
}

const nameOf = ({ kid }: PublishedKey): string =>
  kid !== undefined && /^[\w.~+/=-]{1,64}$/.test(kid) ? kid : 'a key without a plain kid'

const isPrivate = (entry: PublishedKey): boolean => entry.kind === 'fault' && entry.isPrivate

/** Finds a key as the service does for a token that names it; why it does not, otherwise. */
const judge = (
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

const distinct = (keys: readonly KeyObject[]): readonly KeyObject[] =>
  keys.filter((key, index) => keys.findIndex((other) => other.equals(key)) === index)

/**
 * Judges the keys that a token issuer publishes by what the service finds of them, for the algorithms that its tokens may have.
 * @throws {Error} when the service takes the document for no set of keys.
 */
export const judgeKeys = (document: unknown, algorithms: readonly TokenAlgorithm[]): JudgedKeys => {
  const published = publishedKeys(document)
  const find = keyFinder(published)
  const judged = published.map((entry) => judge(entry, find, algorithms))
  return {
    count: published.length,
    usable: distinct(judged.filter((one) => typeof one !== 'string')).length,
    faults: judged.filter((one) => typeof one === 'string'),
    isExposed: published.some(isPrivate),
  }
}

/** Tells of the keys of a token issuer. */
export const describeKeys = (subject: string, { count, usable, faults, isExposed }: JudgedKeys): Found => {
  const about = { id: 'token-issuer-keys', subject } as const
  const detail = [`${count} keys, ${usable} usable`, ...faults.slice(0, 3)].join('; ')
  if (isExposed)
    return {
      ...about,
      status: 'problem',
      detail: 'it publishes a private key: anyone can make its tokens',
      remedy: 'Take the issuer out of the configuration now; have it make a new key.',
    }
  if (usable > 0) return { ...about, status: 'ok', detail }
  const remedy =
    'No token of this issuer can be verified: have it sign with an algorithm that tokenIssuers lists, RSA keys of 2048 bits or more.'
  return { ...about, status: 'problem', detail, remedy }
}
