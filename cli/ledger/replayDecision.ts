import { isSignals, type RecordedSignals } from '../../lib/ledger/record/signalsColumn.ts'
import type { AssessedPolicy, Assessment } from '../../lib/compliance/assessment.ts'
import type { Policies } from '../../lib/policy/compilePolicies.ts'
import type { ControlAnswer, Missing } from '../../lib/policy/decision.ts'
import { explain, type PolicyTrace } from '../../lib/policy/explain.ts'
import { deviceProofs, type Signals } from '../../lib/policy/signals/signals.ts'
import { traceText } from '../policy/traceText.ts'

/** The answer of other policies to a request. */
export interface Replayed {
  /** `unknown` where it depends on a signal that the row does not have. */
  readonly decision: 'allow' | 'deny' | 'unknown'
  readonly why: string
}

/** What a row has, and by what it is decided. */
interface Replaying {
  readonly signals: Signals
  readonly compliance: Policies['compliance']
  readonly assessment: Assessment | undefined
}

/** Tells whether the row has a report of all that a policy asks for and does not get. */
const failsTold = (
  { id, assigned, settings }: AssessedPolicy,
  { compliance, signals }: Replaying,
): boolean => {
  const told = new Set(signals.facts?.map(({ fact }) => fact))
  const asked = compliance.find((policy) => policy.id === id)?.settings ?? []
  return (
    assigned === 'yes' &&
    settings.some(
      ({ holds }, index) =>
        holds !== 'yes' && (asked[index]?.requirements ?? []).every(({ fact }) => told.has(fact)),
    )
  )
}

/** Tells whether a device is for certain no compliant one: no source, or no policy, would say more than the row has. */
const isDoubtTold = (replaying: Replaying): boolean => {
  const { signals, assessment } = replaying
  if (!assessment || assessment.compliant === 'yes') return signals.proofs.compliantDevice !== undefined
  return (
    (signals.proofs.compliantDevice ?? 'yes') !== 'yes' ||
    assessment.policies.length === 0 ||
    assessment.policies.some((policy) => failsTold(policy, replaying))
  )
}

/** Tells whether an answer is one that the row has, and not one that nobody could give. */
const isTold = ({ control, proven }: ControlAnswer, replaying: Replaying): boolean => {
  if (proven !== 'unknown' || control === undefined) return true
  return control === 'compliantDevice'
    ? isDoubtTold(replaying)
    : replaying.signals.proofs[control] !== undefined
}

/** Tells whether what is missing is missing for certain. */
const isCertain = (missing: Missing, replaying: Replaying): boolean => {
  if (missing.kind === 'controls') return missing.oneOf.every((one) => isTold(one, replaying))
  return missing.kind === 'block' || missing.proven === 'no'
}

const failsForCertain = ({ matched, applied }: PolicyTrace, replaying: Replaying): boolean =>
  matched === 'yes' && (applied?.missing ?? []).some((missing) => isCertain(missing, replaying))

const isDeviceProof = ({ control }: ControlAnswer): boolean => deviceProofs.some((proof) => proof === control)

/** Tells whether a policy would permit nothing, whatever the signals were that nobody told. */
const permitsNothing = ({ matched, controls }: PolicyTrace, replaying: Replaying): boolean =>
  matched === 'no' ||
  controls.filter(isDeviceProof).every((control) => isTold(control, replaying) && control.proven !== 'yes')

const decideOn = (recorded: Signals, policies: Policies): Replayed => {
  const { decision, policies: traces } = explain(policies, recorded)
  if (decision.kind === 'allow')
    return { decision: 'allow', why: `"${decision.permittedBy.displayName}" permits it` }
  const { compliance } = policies
  const replaying = { signals: recorded, compliance, assessment: decision.compliance }
  const inForce = traces.filter(({ state, never }) => state === 'enabled' && never === undefined)
  const certain = inForce.find((trace) => failsForCertain(trace, replaying))
  if (certain) return { decision: 'deny', why: traceText(certain) }
  if (inForce.every((trace) => permitsNothing(trace, replaying)))
    return { decision: 'deny', why: 'no policy permits it' }
  const unsure = inForce.find(({ outcome }) => outcome === 'failed')
  return { decision: 'unknown', why: unsure ? traceText(unsure) : 'no policy permits it for certain' }
}

/**
 * Decides on recorded signals by other policies. An allowance holds whatever is not known: no signal that becomes known takes
 * it back. A denial holds where a policy fails for certain, or none could permit.
 */
export const replayDecision = (recorded: RecordedSignals, policies: Policies): Replayed => {
  if (!isSignals(recorded))
    return { decision: 'unknown', why: 'the row is of a version that kept proofs alone' }
  try {
    return decideOn(recorded, policies)
  } catch {
    // Whoever may write to the table may write anything.
    return { decision: 'unknown', why: 'its signals make no sense' }
  }
}
