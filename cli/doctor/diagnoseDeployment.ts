import { randomUUID } from 'node:crypto'
import type { Finding, FindingId } from '../../client/check/finding.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { developerCredential } from '../../lib/deployment/developerCredential.ts'
import type { CommandContext, Outcome } from '../commandLine/command.ts'
import { diagnose } from './diagnose.ts'
import { diagnosisOutcome } from './diagnosisOutcome.ts'
import { examine } from './examination.ts'
import { graphReader } from './graphReader.ts'

/** Exceeds what any one call has, also that of a developer's credential. */
const limitMilliseconds = 45_000

const isProblem = (findings: readonly Finding[], id: FindingId): boolean =>
  findings.some((finding) => finding.id === id && finding.status === 'problem')

/** Tells whether nothing of a deployment answers: it may be this machine's network. */
const isOutOfReach = (findings: readonly Finding[]): boolean =>
  isProblem(findings, 'service-health') && isProblem(findings, 'tables-reachable')

const isInAzure = ({ tables }: Deployment): boolean => 'endpoint' in tables && !tables.standIn

/** What options say of the examination of a deployment. */
export interface DeploymentWanted {
  /** All of them when left out. */
  readonly tenant: string | undefined
  readonly sign: boolean
  /** SHA-256 of roots. */
  readonly anchor: readonly string[]
}

/** Examines the deployment that `--deployment` names. @throws {Refusal} `deployment-unknown`, `tenant-unknown` */
export const diagnoseDeployment = async (
  { tenant, sign, anchor: anchors }: DeploymentWanted,
  context: CommandContext,
): Promise<Outcome> => {
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
  return diagnosisOutcome(findings, { at, isOutOfReach: isOutOfReach(findings) })
}
