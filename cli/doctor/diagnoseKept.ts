import { type Check, makeChecks } from '../../client/check/check.ts'
import type { Finding } from '../../client/check/finding.ts'
import { fileFor } from '../agent/keptOptions.ts'
import type { CommandContext, Outcome } from '../commandLine/command.ts'
import { configurationChecks } from './configurationChecks.ts'
import { definitionChecks } from './definitionChecks.ts'
import { diagnosisOutcome } from './diagnosisOutcome.ts'
import type { DoctorValues } from './doctorOptions.ts'

/** Exceeds what any one check waits for. */
const limitMilliseconds = 45_000

/** The checks about what is one tenant's; those of the machine are nobody's. */
export interface CheckGroup {
  readonly tenant?: string
  readonly checks: readonly Check[]
}

/** Whether no service and no mirror can be connected to: it may be this machine's network. */
const isOutOfReach = (findings: readonly Finding[]): boolean => {
  const connections = findings.filter(({ id }) => id === 'network-connection')
  return connections.length > 0 && connections.every(({ status }) => status !== 'ok')
}

/**
 * Examines what an agent keeps: first the configuration, and where that has no fault what it, or options in its place, say.
 * @param groupsOf lists the checks, by the file of the configuration; undefined where options say all.
 * @throws {Refusal} `usage-wrong` where nobody says what is to be examined
 */
export const diagnoseKept = async (
  { config, out }: Pick<DoctorValues, 'config' | 'out'>,
  { now }: Pick<CommandContext, 'now'>,
  groupsOf: (file: string | undefined) => Promise<readonly CheckGroup[]>,
): Promise<Outcome> => {
  const at = now()
  const file = fileFor({ config, out })
  const ofFile = await makeChecks(configurationChecks(file), { limitMilliseconds })
  if (ofFile.some(({ status }) => status === 'problem'))
    return diagnosisOutcome(ofFile, { at, isOutOfReach: false })
  const groups = [{ checks: definitionChecks(file) }, ...(await groupsOf(file))]
  const found = await Promise.all(
    groups.map(({ checks, ...whose }) => makeChecks(checks, { ...whose, limitMilliseconds })),
  )
  const findings = [...ofFile, ...found.flat()]
  return diagnosisOutcome(findings, { at, isOutOfReach: isOutOfReach(findings) })
}
