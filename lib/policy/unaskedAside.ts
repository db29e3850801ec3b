import { decide } from './decide.ts'
import type { Denied } from './decision.ts'
import { directorySources } from './isWorthAsking.ts'
import type { DeviceEvidence } from './signals/deviceEvidence.ts'
import { signalsOf } from './signalsOf.ts'
import { type DecidedRequest, supposedRequests } from './supposedRequests.ts'

/** Tells whether a directory that the tenant has was not asked: it says nothing, and nothing is wrong with it. */
const isUnasked = ({ facts, directory, troubles }: DeviceEvidence): boolean =>
  directory !== undefined &&
  directory.attributes === undefined &&
  Object.values(directory.proofs).every((said) => said === 'unknown') &&
  facts.every(({ source, value }) => value === undefined || !directorySources.has(source)) &&
  troubles.every(({ source }) => !directorySources.has(source))

/** What a user is told of: a request, and why it was denied. */
interface Told {
  readonly told: DecidedRequest
  readonly decision: Denied
}

/**
 * Leaves aside what a directory that was not asked might have said: it would not have helped, and a user is told what is wrong
 * all the same. Leaves all as it is where the directory alone would tell the platform.
 */
export const unaskedAside = (request: DecidedRequest, denied: Denied): Told => {
  const { evidence } = request.circumstances
  const asItIs = { told: request, decision: denied }
  if (!evidence || !isUnasked(evidence)) return asItIs
  const [told, ...others] = supposedRequests(request, directorySources)
  if (!told || others.length > 0) return asItIs
  const decision = decide(told.policies, signalsOf(told.facts, told.circumstances))
  return decision.kind === 'deny' ? { told, decision } : asItIs
}
