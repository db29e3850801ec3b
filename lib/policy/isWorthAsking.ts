import type { VerifiedToken } from '../token/verifyToken.ts'
import type { Policies } from './compilePolicies.ts'
import { decide } from './decide.ts'
import { type Circumstances, signalsOf } from './signalsOf.ts'

/**
 * Tells whether anything that the directory may say decides.
 * @param circumstances hold what every other source said; the directory is silent in them.
 */
export const isWorthAsking = (
  { facts }: VerifiedToken,
  policies: Policies,
  circumstances: Circumstances,
): boolean => decide(policies, signalsOf(facts, circumstances)).kind === 'deny'
