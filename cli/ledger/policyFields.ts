import { isSignals, type RecordedSignals } from '../../lib/ledger/record/signalsColumn.ts'
import type { Explanation } from '../../lib/policy/explain.ts'
import { toldText } from '../../lib/policy/reportText.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'
import { assessmentText, compliantText } from '../policy/assessmentText.ts'
import { traceText } from '../policy/traceText.ts'

/** A decision of a row that was made again, or why it was not, and on what it rested. */
export interface DecidedRow {
  readonly explanation: Explanation | null
  readonly unexplained: string | null
  readonly signals: RecordedSignals
}

/** The revision that decided. */
export interface DecidingRevision {
  readonly revision: number
  readonly appliedAt: string | null
  readonly appliedBy: string | null
}

export type Field = readonly [label: string, value: string | null]

/** Writes a heading and what is beneath it, as it may be shown on a terminal. */
export const section = (heading: string, fields: readonly Field[]): string => {
  const shown = fields.map(([label, value]) => [`  ${label}`, value ? shownText(value) : '-'] as const)
  return `${heading}\n${formatFields(shown)}`
}

export const shownTime = (time: string | null, now: Date): string | null =>
  time && formatTime(new Date(time), now)

/** Tells which revision decided, and who applied it. */
export const revisionText = ({ revision, appliedAt, appliedBy }: DecidingRevision, now: Date): string =>
  appliedAt === null
    ? `revision ${revision}`
    : `revision ${revision} by ${appliedBy}, ${shownTime(appliedAt, now)}`

/** Tells how the decision came about: made again, or as rows of older versions have it. */
export const policyFields = ({ explanation, unexplained, signals }: DecidedRow): readonly Field[] => {
  if (!isSignals(signals)) return signals.map(({ proof, signal }): Field => ['signal', `${proof}: ${signal}`])
  if (!explanation) return [['policies', unexplained]]
  return explanation.policies.map((trace): Field => ['policy', traceText(trace)])
}

/** Tells what the life was cut short by. */
export const lifeFields = ({ explanation }: DecidedRow): readonly Field[] => {
  const { decision: made } = explanation ?? {}
  if (made?.kind !== 'allow' || !made.cap) return []
  const { by, policy, endsAt } = made.cap
  return [
    [
      'life',
      `until ${rfc3339(new Date(endsAt * 1000))} at most, ${by} of ${JSON.stringify(policy.displayName)}`,
    ],
  ]
}

/** Writes a signal; those that nobody told are not in the row. */
const signalFields = ({ signals }: DecidedRow): readonly Field[] =>
  isSignals(signals)
    ? Object.entries(signals)
        .filter(([name]) => !['version', 'at', 'facts'].includes(name))
        .map(([name, value]): Field => [name, typeof value === 'string' ? value : JSON.stringify(value)])
    : []

const factFields = ({ signals }: DecidedRow): readonly Field[] =>
  isSignals(signals)
    ? (signals.facts ?? []).map((report): Field => [report.fact, toldText(report, signals.at)])
    : []

/** Tells of each compliance policy that was assigned, or may have been, what became of its settings. */
export const complianceSections = ({ explanation, signals }: DecidedRow): readonly string[] => {
  const assessment = explanation?.decision.compliance
  if (!assessment || !isSignals(signals)) return []
  const told = assessmentText(assessment, signals.at).flatMap(({ policy, settings }): readonly Field[] => [
    ['policy', policy],
    ...settings.map((setting): Field => ['  setting', setting]),
  ])
  return [section('by its compliance policies', [['compliant', compliantText(assessment)], ...told])]
}

/** Tells all that a decision rested on; nothing where the row does not have it. */
export const signalSections = (decided: DecidedRow): readonly string[] => {
  const [signals, facts] = [signalFields(decided), factFields(decided)]
  return [
    ...(signals.length === 0 ? [] : [section('on these signals', signals)]),
    ...(facts.length === 0 ? [] : [section('on these facts of the device', facts)]),
  ]
}

/** Tells first what is not as it should be. */
export const alarmSections = ({ alarms }: { readonly alarms: readonly string[] }): readonly string[] =>
  alarms.length === 0 ? [] : [alarms.map((text) => `ALARM: ${shownText(text)}`).join('\n')]
