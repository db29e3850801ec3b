import { randomUUID } from 'node:crypto'
import { anchorOption, readAnchors } from '../authority/anchorOption.ts'
import type { Command } from '../commandLine/command.ts'
import { type Deployment, deploymentFileOf } from '../../lib/deployment/deployment.ts'
import { developerCredential } from '../../lib/deployment/developerCredential.ts'
import { diagnose } from './diagnose.ts'
import { countStatuses, diagnosisJson, diagnosisText } from './diagnosisText.ts'
import { examine } from './examination.ts'
import type { Finding, FindingId } from './finding.ts'
import { graphReader } from './graphReader.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { optionalOption } from '../commandLine/requiredOption.ts'

/** Longer than any one call has, also that of a developer's credential. */
const limitMilliseconds = 45_000

const isProblem = (findings: readonly Finding[], id: FindingId): boolean =>
  findings.some((finding) => finding.id === id && finding.status === 'problem')

/** Nothing of a deployment answers: it may be this machine's network. */
const isOutOfReach = (findings: readonly Finding[]): boolean =>
  isProblem(findings, 'service-health') && isProblem(findings, 'tables-reachable')

const exitCodeOf = (findings: readonly Finding[]): number => {
  if (isOutOfReach(findings)) return exitCodes.tryLater
  return countStatuses(findings).problem > 0 ? exitCodes.refused : exitCodes.ok
}

const isInAzure = ({ tables }: Deployment): boolean => 'endpoint' in tables && !tables.standIn

export const doctor: Command = {
  name: 'doctor',
  summary: 'examine a deployment, and tell what to mend',
  help: `--tenant TENANT     that tenant alone
--sign              ask keys in a vault for a signature, too; its log shows it
--anchor SHA256     a root to trust, where this machine knows none
exits with 3 when there is a problem, with 4 when neither the service nor the
tables answer; warnings are no problem`,
  options: { tenant: { type: 'string' }, sign: { type: 'boolean' }, ...anchorOption },
  async run({ values, deployment: read, openTables, openKeys, openAnchors, now, notice }) {
    const deployment = await read()
    const examination = examine({
      file: deploymentFileOf(optionalOption(values, 'deployment') ?? 'local'),
      deployment,
      tables: openTables(deployment),
      openKeys: (wanted) => openKeys(deployment, wanted),
      trust: { store: openAnchors(deployment), anchors: readAnchors(values) },
      now,
      uuid: randomUUID,
      signs: values['sign'] === true,
      notice,
      readGraph: isInAzure(deployment) ? graphReader(developerCredential) : undefined,
    })
    const at = now()
    const tenant = optionalOption(values, 'tenant')
    const findings = await diagnose(examination, { tenant, limitMilliseconds })
    return {
      text: diagnosisText(findings),
      json: diagnosisJson(findings, at),
      exitCode: exitCodeOf(findings),
    }
  },
}
