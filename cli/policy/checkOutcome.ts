import { understandRevision } from '../../lib/tenant/checkRevision.ts'
import type { PolicySet } from '../../lib/tenant/policySet.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import type { Outcome } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { formatHanging } from '../commandLine/formatTable.ts'

/** Finds out what the whole revision would lack with these policies. */
export const faultsWith = ({ configuration }: Revision, policySet: PolicySet): readonly string[] => {
  const understood = understandRevision({ configuration, policySet })
  return 'faults' in understood ? understood.faults : []
}

/** What was found of one policy. */
interface Checked {
  readonly id: string
  readonly displayName: string
  /** Null for one that asks for nothing. */
  readonly asks: string | null
  readonly notes: readonly string[]
}

/** What was found of policies that would be in force. */
interface Findings {
  /** Why they would not be accepted, a line each. */
  readonly faults: readonly string[]
  readonly policies: readonly Checked[]
  /** What is to be known of all of them together. */
  readonly notes: readonly string[]
}

const section = (heading: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0
    ? []
    : [[shownText(heading), ...lines.map((line) => formatHanging('  - ', shownText(line)))].join('\n')]

const verdictOf = ({ faults, policies }: Findings): string => {
  if (faults.length > 0) return 'the policies would not be accepted'
  return `${policies.length === 1 ? 'the policy' : `${policies.length} policies`} would be accepted`
}

/** Tells what was found of policies, and whether they would be accepted. */
export const checkOutcome = (
  { tenant, number }: Pick<Revision, 'tenant' | 'number'>,
  findings: Findings,
): Outcome => {
  const { faults, policies, notes } = findings
  const text = [
    ...section('not accepted', faults),
    ...policies.flatMap(({ displayName, asks, notes: own }) =>
      section(displayName, [...(asks === null ? [] : [`asks for ${asks}`]), ...own]),
    ),
    ...section('all of them', notes),
    verdictOf(findings),
  ].join('\n\n')
  return {
    text,
    json: { tenant, revision: number, accepted: faults.length === 0, faults, policies, notes },
    exitCode: faults.length === 0 ? exitCodes.ok : exitCodes.refused,
  }
}
