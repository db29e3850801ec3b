import type { KeyObject } from 'node:crypto'
import type { PublishedKey } from './publishedKeys.ts'

/** The members of a token's header that tell its key. */
interface KeyName {
  readonly alg?: string | undefined
  readonly kid?: string | undefined
}

/** Finds the keys that a token of this header may be signed with: one as a rule, none where nothing fits. */
export type FindKeys = (header: KeyName) => readonly KeyObject[]

/** The most that are tried for one token: a signature that verifies with none of them costs as many verifications. */
const maxCandidates = 4

const distinct = (keys: readonly KeyObject[]): readonly KeyObject[] =>
  keys.filter((key, index) => keys.findIndex((other) => other.equals(key)) === index)

/** Finds keys in a JWK Set by `kid` and `alg`. Several may have one kid, RFC 7517 section 4.5; without a kid, only one may fit. */
export const keyFinder = (published: readonly PublishedKey[]): FindKeys => {
  const keys = published.filter((entry) => entry.kind === 'key')
  return ({ alg, kid }) => {
    const fitting = keys.filter(
      (entry) =>
        (kid === undefined || entry.kid === kid) && entry.algorithms.some((algorithm) => algorithm === alg),
    )
    const candidates = distinct(fitting.map(({ key }) => key))
    return kid === undefined && candidates.length > 1 ? [] : candidates.slice(0, maxCandidates)
  }
}
