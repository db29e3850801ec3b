import { couldAllow } from './couldAllow.ts'
import type { DecidedRequest } from './supposedRequests.ts'
import type { EvidenceTrouble } from './signals/deviceEvidence.ts'
import type { FactSource } from './signals/factKinds.ts'

const sourcesOf = (troubles: readonly EvidenceTrouble[]): ReadonlySet<FactSource> =>
  new Set(troubles.map(({ source }) => source))

/** Finds the outage without which the request might have been allowed; undefined where it would be denied in any case. */
export const outageOf = (request: DecidedRequest): EvidenceTrouble | undefined => {
  const troubles = request.circumstances.evidence?.troubles ?? []
  const outages = troubles.filter(({ retryAfterSeconds }) => retryAfterSeconds !== undefined)
  if (outages.length === 0 || !couldAllow(request, sourcesOf(outages))) return undefined
  const isNeeded = (one: EvidenceTrouble) =>
    !couldAllow(request, sourcesOf(outages.filter((other) => other.source !== one.source)))
  return outages.find(isNeeded) ?? outages[0]
}
