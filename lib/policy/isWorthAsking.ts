import type { Policies } from './compilePolicies.ts'
import { couldAllow } from './couldAllow.ts'
import { decide } from './decide.ts'
import type { FactSource } from './signals/factKinds.ts'
import { type Circumstances, signalsOf, type TokenFacts } from './signalsOf.ts'

/** Names the sources that are asked together. */
export const directorySources: ReadonlySet<FactSource> = new Set(['directory', 'intune'])

/**
 * Tells whether anything that the directory may say decides: it is not asked about whom its best word would not help, nor
 * about whom the policies allow for as long as they can, whatever it says.
 * @param circumstances hold what every other source said; the directory is silent in them.
 */
export const isWorthAsking = (
  { facts }: { readonly facts: TokenFacts },
  policies: Policies,
  circumstances: Circumstances,
): boolean => {
  const decision = decide(policies, signalsOf(facts, circumstances))
  if (decision.kind === 'allow') return decision.cap !== undefined
  return couldAllow({ facts, circumstances, policies }, directorySources)
}
