import { shownText } from '../../lib/terminal/shownText.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import { areas, findingAreas, type Finding, type Status, statuses } from './finding.ts'

/** Told by words: a colour is nothing to who does not see it. */
const labels: Readonly<Record<Status, string>> = {
  ok: 'ok',
  warning: 'WARNING',
  problem: 'PROBLEM',
  'not checked': 'not checked',
}

const labelWidth = 13

const describeFinding = (finding: Finding): string => {
  const { id, status, tenant, subject, detail } = finding
  const about = [id, tenant, subject].filter((part) => part !== undefined).join(' ')
  const told = formatHanging(`  ${labels[status].padEnd(labelWidth)}`, shownText(`${about}: ${detail}`))
  if (finding.status === 'ok') return told
  return `${told}\n${formatHanging(`${' '.repeat(2 + labelWidth)}-> `, shownText(finding.remedy))}`
}

/** How many findings are of each status. */
export const countStatuses = (findings: readonly Finding[]): Readonly<Record<Status, number>> =>
  Object.fromEntries(
    statuses.map((status) => [status, findings.filter((one) => one.status === status).length]),
  ) as Record<Status, number>

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

const summaryOf = (findings: readonly Finding[]): string => {
  const counts = countStatuses(findings)
  const [warnings, problems] = [plural(counts.warning, 'warning'), plural(counts.problem, 'problem')]
  return `${problems}, ${warnings}, ${counts['not checked']} not checked, ${counts.ok} ok`
}

/** A diagnosis for a person: by area, within 80 columns, the remedy below each finding. */
export const diagnosisText = (findings: readonly Finding[]): string => {
  const sections = areas
    .map((area) => ({ area, found: findings.filter(({ id }) => findingAreas[id] === area) }))
    .filter(({ found }) => found.length > 0)
    .map(({ area, found }) => [area, ...found.map(describeFinding)].join('\n'))
  return [...sections, summaryOf(findings)].join('\n\n')
}

const findingJson = (finding: Finding) => ({
  id: finding.id,
  area: findingAreas[finding.id],
  status: finding.status,
  tenant: finding.tenant ?? null,
  subject: finding.subject ?? null,
  detail: finding.detail,
  remedy: finding.status === 'ok' ? null : finding.remedy,
})

/** A diagnosis for a program. */
export const diagnosisJson = (findings: readonly Finding[], at: Date) => {
  const { 'not checked': notChecked, ...counts } = countStatuses(findings)
  return { at: at.toISOString(), counts: { ...counts, notChecked }, findings: findings.map(findingJson) }
}
