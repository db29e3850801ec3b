import type { Entry } from '../../lib/ledger/record/entry.ts'
import { isSignals } from '../../lib/ledger/record/signalsColumn.ts'
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
 * Decides again on the signals of a row, to explain what its columns only sum up.
 * @param deciding the revision that decided; undefined where it is not known, or not understood.
 */
export const decideAgain = (row: Row, deciding: Deciding | undefined): DecidedAgain => {
  const { signals } = row
  if (!isSignals(signals)) return not('the row is of a version that kept proofs alone')
  if (signals.omitted) return not(`the row leaves out ${signals.omitted.join(', ')}, too long for it`)
  if (!deciding) return not('the revision that decided cannot be read')
  try {
    const explanation = explain(policiesOf(deciding), signals)
    return { explanation, whyNot: undefined, alarms: alarmsOf(explanation, row) }
  } catch {
    // Whoever may write to the table may write anything.
    return not('its signals make no sense', 'its signals make no sense')
  }
}
