import type { Entry } from '../../lib/ledger/record/entry.ts'
import type { RefusalEntry } from '../../lib/ledger/record/refusalEntry.ts'
import { isSignals, type RecordedSignals } from '../../lib/ledger/record/signalsColumn.ts'
import { type Explanation, explain } from '../../lib/policy/explain.ts'
import { type Deciding, policiesOf } from '../../lib/policy/openPolicies.ts'

/** A decision that was made again, from what the ledger holds. */
export interface DecidedAgain {
  /** Undefined where it cannot be made again. */
  readonly explanation: Explanation | undefined
  /** Why it cannot be made again; undefined where it can. */
  readonly whyNot: string | undefined
  /** Tells what is not as the row has it; empty when all is well. */
  readonly alarms: readonly string[]
}

const not = (whyNot: string, ...alarms: readonly string[]): DecidedAgain => ({
  explanation: undefined,
  whyNot,
  alarms,
})

type Row = Pick<Entry, 'signals' | 'revision' | 'proof' | 'policy' | 'notAfter'>

const alarmsOf = ({ decision }: Explanation, row: Row): readonly string[] => {
  const again = `decided again, revision ${row.revision}`
  if (decision.kind === 'deny') return [`${again} does not allow the certificate`]
  const isSame = decision.permittedBy.id === row.policy && decision.proof === row.proof
  const endsAt = decision.cap?.endsAt ?? Infinity
  return [
    ...(isSame ? [] : [`${again} allows the certificate by another policy or proof than the row has`]),
    ...(row.notAfter.getTime() > endsAt * 1000 ? [`${again} allows the certificate no such long life`] : []),
  ]
}

/**
 * Decides again on the signals of a row.
 * @param deciding the revision that decided; undefined where it is not known, or not understood.
 */
const decideOn = (
  signals: RecordedSignals,
  deciding: Deciding | undefined,
  alarmsIn: (explanation: Explanation) => readonly string[],
): DecidedAgain => {
  if (!isSignals(signals)) return not('the row is of a version that kept proofs alone')
  if (signals.omitted) return not(`the row leaves out ${signals.omitted.join(', ')}, too long for it`)
  if (!deciding) return not('the revision that decided cannot be read')
  try {
    const explanation = explain(policiesOf(deciding), signals)
    return { explanation, whyNot: undefined, alarms: alarmsIn(explanation) }
  } catch {
    // Whoever may write to the table may write anything.
    return not('its signals make no sense', 'its signals make no sense')
  }
}

/** Decides an issuance again, to explain what its columns only sum up. */
export const decideAgain = (row: Row, deciding: Deciding | undefined): DecidedAgain =>
  decideOn(row.signals, deciding, (explanation) => alarmsOf(explanation, row))

/** The codes of refusals that the policies of a tenant decide. */
export const policyCodes: readonly string[] = [
  'device-not-compliant',
  'policy-not-satisfied',
  'claims-challenge',
  'sign-in-insufficient',
  'posture-refused',
  'attestation-refused',
  'attestation-unbound',
]

/** Decides a refusal again. One for another reason may be of a request that the policies allow. */
export const decideRefusalAgain = (
  { signals, code, revision }: Pick<RefusalEntry, 'signals' | 'code' | 'revision'>,
  deciding: Deciding | undefined,
): DecidedAgain => {
  if (!isSignals(signals) && signals.length === 0) return not('it was refused before policies were asked')
  return decideOn(signals, deciding, ({ decision }) =>
    decision.kind === 'allow' && policyCodes.includes(code)
      ? [`decided again, revision ${revision} allows the certificate`]
      : [],
  )
}
