import { areaOf, areas, type Finding, type Status } from '../../client/check/finding.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import type { Outcome } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { formatHanging } from '../commandLine/formatTable.ts'

/** Tells the status by words: a colour is nothing to who does not see it. */
const labelOf = (status: Status): string =>
  status === 'warning' || status === 'problem' ? status.toUpperCase() : status

const labelWidth = 13

const describeFinding = ({ id, status, tenant, subject, detail, remedy }: Finding): string => {
  const about = [id, tenant, subject].filter((part) => part !== undefined).join(' ')
  const told = formatHanging(`  ${labelOf(status).padEnd(labelWidth)}`, shownText(`${about}: ${detail}`))
  if (remedy === null) return told
  return `${told}\n${formatHanging(`${' '.repeat(2 + labelWidth)}-> `, shownText(remedy))}`
}

const count = (findings: readonly Finding[], status: Status): number =>
  findings.filter((one) => one.status === status).length

const counted = (findings: readonly Finding[], status: 'problem' | 'warning'): string => {
  const found = count(findings, status)
  return `${found} ${status}${found === 1 ? '' : 's'}`
}

/** Tells of a diagnosis by area, within 80 columns, the remedy below each finding. */
const diagnosisText = (findings: readonly Finding[]): string => {
  const sections = areas
    .map((area) => [area, ...findings.filter(({ id }) => areaOf(id) === area).map(describeFinding)])
    .filter((lines) => lines.length > 1)
    .map((lines) => lines.join('\n'))
  const trouble = `${counted(findings, 'problem')}, ${counted(findings, 'warning')}`
  const rest = `${count(findings, 'not checked')} not checked, ${count(findings, 'ok')} ok`
  return [...sections, `${trouble}, ${rest}`].join('\n\n')
}

const diagnosisJson = (findings: readonly Finding[], at: Date) => ({
  at: at.toISOString(),
  counts: {
    ok: count(findings, 'ok'),
    warning: count(findings, 'warning'),
    problem: count(findings, 'problem'),
    notChecked: count(findings, 'not checked'),
  },
  findings: findings.map(({ id, status, tenant = null, subject = null, detail, remedy }) => ({
    id,
    area: areaOf(id),
    status,
    tenant,
    subject,
    detail,
    remedy,
  })),
})

/**
 * Tells of a diagnosis as text and to programs.
 * @param isOutOfReach whether nothing of what was examined answers: it may be this machine's network.
 */
export const diagnosisOutcome = (
  findings: readonly Finding[],
  { at, isOutOfReach }: { readonly at: Date; readonly isOutOfReach: boolean },
): Outcome => {
  const isBroken = count(findings, 'problem') > 0
  return {
    text: diagnosisText(findings),
    json: diagnosisJson(findings, at),
    exitCode: isOutOfReach ? exitCodes.tryLater : isBroken ? exitCodes.refused : exitCodes.ok,
  }
}
