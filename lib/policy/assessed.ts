import { assess } from '../compliance/assess.ts'
import type { Assessment } from '../compliance/assessment.ts'
import type { Policies } from './compilePolicies.ts'
import { allOf } from './signals/answerOf.ts'
import type { Signals } from './signals/signals.ts'

/** Signals as policies see them, once the compliance policies of the tenant were asked. */
interface Assessed {
  readonly signals: Signals
  /** Undefined where the tenant has no compliance policies. */
  readonly compliance: Assessment | undefined
}

/** Holds what sources prove of a compliant device to the compliance policies: no other proof passes without them. */
export const assessed = ({ compliance: policies }: Policies, signals: Signals): Assessed => {
  if (policies.length === 0) return { signals, compliance: undefined }
  const compliance = assess(policies, signals)
  const { proofs } = signals
  const compliantDevice = allOf([proofs.compliantDevice ?? 'yes', compliance.compliant])
  return { signals: { ...signals, proofs: { ...proofs, compliantDevice } }, compliance }
}
