import { randomUUID } from 'node:crypto'
import { anchorOption } from '../authority/anchorOption.ts'
import { command } from '../commandLine/command.ts'
import { flag } from '../commandLine/option.ts'
import { anyTenantOption } from '../tenant/tenantOption.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { developerCredential } from '../../lib/deployment/developerCredential.ts'
import { diagnose } from './diagnose.ts'
import { examine } from './examination.ts'
import { areaOf, areas, type Finding, type FindingId, type Status } from '../../client/check/finding.ts'
import { graphReader } from './graphReader.ts'

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

/** Exceeds what any one call has, also that of a developer's credential. */
const limitMilliseconds = 45_000

const isProblem = (findings: readonly Finding[], id: FindingId): boolean =>
  findings.some((finding) => finding.id === id && finding.status === 'problem')

/** Tells whether nothing of a deployment answers: it may be this machine's network. */
const isOutOfReach = (findings: readonly Finding[]): boolean =>
  isProblem(findings, 'service-health') && isProblem(findings, 'tables-reachable')

const exitCodeOf = (findings: readonly Finding[]): number => {
  if (isOutOfReach(findings)) return exitCodes.tryLater
  return count(findings, 'problem') > 0 ? exitCodes.refused : exitCodes.ok
}

const isInAzure = ({ tables }: Deployment): boolean => 'endpoint' in tables && !tables.standIn

export const doctor = command({
  name: 'doctor',
  summary: 'examine a deployment, and tell what to mend',
  options: {
    tenant: anyTenantOption('that tenant alone'),
    sign: flag('ask keys in a vault for a signature, too; its log shows it'),
    anchor: anchorOption(),
  },
  notes:
    'Exits with 3 when there is a problem, with 4 when neither the service nor the tables answer; warnings are no problem.',
  async run({ tenant, sign, anchor: anchors }, context) {
    const { openTables, openKeys, openAnchors, now, notice } = context
    const deployment = await context.deployment()
    const examination = examine({
      file: context.deploymentFile,
      deployment,
      tables: openTables(deployment),
      openKeys: (wanted) => openKeys(deployment, wanted),
      trust: { store: openAnchors(deployment), anchors },
      now,
      uuid: randomUUID,
      signs: sign,
      notice,
      readGraph: isInAzure(deployment) ? graphReader(developerCredential) : undefined,
    })
    const at = now()
    const findings = await diagnose(examination, { tenant, limitMilliseconds })
    return {
      text: diagnosisText(findings),
      json: diagnosisJson(findings, at),
      exitCode: exitCodeOf(findings),
    }
  },
})
