import { assessed } from './assessed.ts'
import type { DecidedRequest } from './supposedRequests.ts'
import type { Denied } from './decision.ts'
import type { EvidenceTrouble } from './signals/deviceEvidence.ts'
import type { FactSource } from './signals/factKinds.ts'
import { deviceProofs, type Signals } from './signals/signals.ts'

/** Tells whether all that is missing are controls that the proof of a device would do for. */
const lacksDevice = ({ applied, cause }: Denied): boolean =>
  cause !== 'nothingApplied' &&
  applied
    .filter(({ isReportOnly }) => !isReportOnly)
    .flatMap(({ missing }) => missing)
    .every(
      (one) =>
        one.kind === 'controls' &&
        one.oneOf.some(({ control }) => deviceProofs.some((proof) => proof === control)),
    )

/** Lists the sources whose silence leaves it open whether the device is compliant. */
const missedSources = (
  { circumstances }: DecidedRequest,
  { compliance }: Denied,
): ReadonlySet<FactSource> => {
  const { directory } = circumstances.evidence ?? {}
  const isUnproven = Object.values(directory?.proofs ?? {}).includes('unknown')
  const reports = (compliance?.policies ?? [])
    .flatMap(({ settings }) => settings)
    .flatMap((setting) => setting.reports)
  return new Set([
    ...reports.filter(({ value }) => value === undefined).map(({ source }) => source),
    ...(isUnproven ? (['directory'] as const) : []),
  ])
}

/**
 * Finds what is wrong with the evidence that a request brings, where nothing but the proof of a device is missing, nobody says
 * no, and the evidence could have told.
 */
export const troubleOf = (
  request: DecidedRequest,
  denied: Denied,
  given: Signals,
): EvidenceTrouble | undefined => {
  if (!lacksDevice(denied)) return undefined
  const { proofs } = assessed(request.policies, given).signals
  if (deviceProofs.every((proof) => proofs[proof] !== 'unknown')) return undefined
  const missed = missedSources(request, denied)
  return request.circumstances.evidence?.troubles.find(
    ({ source, retryAfterSeconds }) => retryAfterSeconds === undefined && missed.has(source),
  )
}
