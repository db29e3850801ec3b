import type { AssessedPolicy, AssessedSetting, Assessment } from '../compliance/assessment.ts'
import type { FailedSetting } from '../errors/refusal.ts'
import type { Denied } from './decision.ts'
import { reportText } from './reportText.ts'

/** Tells whether a compliant device would have mattered: it is missing, or nothing is and no policy permits without it. */
const asksForCompliance = ({ applied, cause }: Denied): boolean =>
  cause === 'complianceNotRequired' ||
  applied
    .filter(({ isReportOnly }) => !isReportOnly)
    .flatMap(({ missing }) => missing)
    .some((one) => one.kind === 'controls' && one.oneOf.some(({ control }) => control === 'compliantDevice'))

const actualOf = ({ reports }: AssessedSetting, now: number): string =>
  reports.length === 0
    ? 'unknown: no source tells it'
    : reports.map((report) => reportText(report, now)).join('; ')

/** Of a setting that nobody tells, the device may be as it is wanted, and need only say so. */
const remedyOf = ({ name, holds, deed }: AssessedSetting): string =>
  holds === 'no' ? deed : `have ${name} reported, or ${deed}`

const settingsOf = (
  { displayName, settings }: AssessedPolicy,
  holds: AssessedSetting['holds'],
  now: number,
): readonly FailedSetting[] =>
  settings
    .filter((setting) => setting.holds === holds)
    .map((setting) => ({
      policy: displayName,
      setting: setting.name,
      wanted: setting.wanted,
      actual: actualOf(setting, now),
      remedy: remedyOf(setting),
    }))

/** Gives the policies that are to blame: of those that may be assigned, only where all that are assigned for certain hold. */
const blamed = ({ policies }: Assessment): readonly AssessedPolicy[] => {
  const certain = policies.filter(({ assigned }) => assigned === 'yes')
  if (certain.length === 0) return []
  return certain.every(({ holds }) => holds === 'yes') ? policies : certain
}

/**
 * Lists the settings that keep a device from being compliant: those that fail, and then those of which nobody can tell.
 * Empty where compliance policies have nothing to do with the denial, or none is assigned for certain.
 * @param now seconds since 1970.
 */
export const failedSettings = (denied: Denied, now: number): readonly FailedSetting[] => {
  const { compliance } = denied
  if (!compliance || compliance.compliant === 'yes' || !asksForCompliance(denied)) return []
  const policies = blamed(compliance)
  return (['no', 'unknown'] as const).flatMap((holds) =>
    policies.flatMap((policy) => settingsOf(policy, holds, now)),
  )
}
