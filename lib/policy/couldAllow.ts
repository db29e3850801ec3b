import { decide } from './decide.ts'
import type { FactSource } from './signals/factKinds.ts'
import { signalsOf } from './signalsOf.ts'
import { type DecidedRequest, supposedRequests } from './supposedRequests.ts'

/**
 * Tells whether the policies could allow a request that they deny, if some sources said the best that they can of what they
 * said nothing of.
 */
export const couldAllow = (request: DecidedRequest, sources: ReadonlySet<FactSource>): boolean =>
  supposedRequests(request, sources).some(
    ({ facts, circumstances, policies }) =>
      decide(policies, signalsOf(facts, circumstances)).kind === 'allow',
  )
