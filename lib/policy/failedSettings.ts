import type { AssessedPolicy, AssessedSetting } from '../compliance/assessment.ts'
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

const remedyOf = ({ holds, deed }: AssessedSetting): string =>
  holds === 'no' ? deed : `${deed} and have that reported`

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

/**
 * Lists the settings that keep a device from being compliant: those that fail, and then those of which nobody can tell.
 * Empty where compliance policies have nothing to do with the denial.
 * @param now seconds since 1970.
 */
export const failedSettings = (denied: Denied, now: number): readonly FailedSetting[] => {
  const { compliance } = denied
  if (!compliance || compliance.compliant === 'yes' || !asksForCompliance(denied)) return []
  return (['no', 'unknown'] as const).flatMap((holds) =>
    compliance.policies.flatMap((policy) => settingsOf(policy, holds, now)),
  )
}
