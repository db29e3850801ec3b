import { assess } from '../../lib/compliance/assess.ts'
import type { AssessedPolicy } from '../../lib/compliance/assessment.ts'
import type { CompliancePolicy } from '../../lib/compliance/model/compliancePolicy.ts'
import { sourceNames } from '../../lib/policy/reportText.ts'
import type { FactReport } from '../../lib/policy/signals/factKinds.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { formatHanging, formatTime } from '../commandLine/formatTable.ts'
import { type AssessmentText, assessmentText, compliantText } from '../policy/assessmentText.ts'
import { noneText } from './complianceText.ts'
import { readSupposed, supposedOptions, supposedSignals } from '../policy/supposedSignals.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'

const { tokenFile, claims, platform, at, group, postureFile, fact, facts } = supposedOptions

/** What compliance policies do not ask of a request. */
const notAsked = { ip: undefined, country: undefined, device: undefined, directory: undefined }

const unassigned = (
  policies: readonly CompliancePolicy[],
  assessed: readonly AssessedPolicy[],
): readonly string[] =>
  policies
    .filter(({ id }) => !assessed.some((one) => one.id === id))
    .map(({ displayName }) => `${JSON.stringify(displayName)}: not assigned`)

/** Says which sources tell nothing here, since they are not asked. */
const silenceText = (reports: readonly FactReport[]): readonly string[] => {
  const told = new Set(reports.filter(({ value }) => value !== undefined).map(({ source }) => source))
  const silent = [...new Set(reports.map(({ source }) => source))].filter((source) => !told.has(source))
  const names = silent.map((source) => sourceNames[source]).join(' and ')
  return silent.length === 0
    ? []
    : [`nothing is told here by ${names}: suppose it with --platform, --fact or --facts`]
}

const policyLines = ({ policy, settings }: AssessmentText): string =>
  [
    formatHanging('', shownText(policy)),
    ...settings.map((setting) => formatHanging('  ', shownText(setting))),
  ].join('\n')

export const complianceWhatIf = command({
  name: 'compliance what-if',
  summary: 'tell whether a device would be compliant',
  options: { tenant: tenantOption, tokenFile, claims, platform, at, group, postureFile, fact, facts },
  notes:
    'Nothing is verified: a posture token counts here whatever device it is of. A fact that neither the tokens nor an option tell is unknown.',
  async run({ tenant: name, ...options }, context) {
    const supposed = await readSupposed({ ...options, ...notAsked })
    const inForce = await openTenant(context, name)
    const { tenant, number, compliancePolicies } = inForce
    const signals = supposedSignals(inForce, supposed, context.now())
    const assessment = assess(compliancePolicies, signals)
    const others = unassigned(compliancePolicies, assessment.policies)
    const { groups, platform: known, facts: reports = [] } = signals
    const text = [
      `${tenant}: revision ${number} at ${formatTime(new Date(signals.at * 1_000), context.now())}`,
      ...assessmentText(assessment, signals.at).map(policyLines),
      ...others.map((line) => formatHanging('', shownText(line))),
      compliancePolicies.length === 0 ? noneText : `compliant: ${compliantText(assessment)}`,
      ...silenceText(reports).map((line) => formatHanging('', line)),
    ].join('\n\n')
    return {
      text,
      json: {
        tenant,
        revision: number,
        signals: { at: signals.at, platform: known ?? null, groups: groups ?? null, facts: reports },
        assessment,
      },
    }
  },
})
