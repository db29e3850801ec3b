import type { FailedSetting } from '../errors/refusal.ts'
import type { ControlAnswer, DenialCause, Denied, Missing } from './decision.ts'

const controlName = ({ control, displayName }: ControlAnswer): string => control ?? displayName

/** Names what would do, by Graph's names. */
export const namesOf = (missing: Missing): readonly string[] => {
  switch (missing.kind) {
    case 'block':
      return ['block']
    case 'signIn':
      return ['signInFrequency']
    case 'controls':
      return missing.oneOf.map(controlName)
  }
}

/** Tells what a user does about a control. */
const deeds: Readonly<Record<string, string>> = {
  domainJoinedDevice: 'use a device that is joined to the domain',
  mfa: 'sign in with multifactor authentication',
}

/** @param compliant what makes the device compliant; undefined where a user cannot. */
const deedOf = (
  { control, displayName }: ControlAnswer,
  compliant: string | undefined,
): string | undefined => {
  if (control === undefined) return undefined
  return control === 'compliantDevice' ? compliant : (deeds[control] ?? `sign in with ${displayName}`)
}

const deedFor = (missing: Missing, compliant: string | undefined): string | undefined => {
  if (missing.kind === 'block') return undefined
  if (missing.kind === 'signIn') return 'sign in again'
  const known = missing.oneOf.map((one) => deedOf(one, compliant)).filter((deed) => deed !== undefined)
  return known.length === 0 ? undefined : known.join(' or ')
}

const blocked =
  'Try from a place, a device and a sign-in that the policy does not block, or ask the administrator.'
const unprovable = 'Ask the administrator: nothing that a user can do satisfies the policy.'

/** Says what a user does where no policy failed, and none permits. */
const unpermitted: Readonly<Record<DenialCause, string>> = {
  blocked,
  notSatisfied: unprovable,
  nothingApplied:
    'Ask the administrator for a policy that includes the user and asks for a compliant device.',
  complianceNotRequired:
    'Make the device compliant; where it is, ask the administrator for a policy that requires that.',
}

/** How many settings a sentence bears. */
const mostDeeds = 5

/** Tells what makes a device compliant: to mend the settings that fail; undefined where no policy is assigned to it. */
const compliantDeed = ({ compliance }: Denied, settings: readonly FailedSetting[]): string | undefined => {
  const all = [...new Set(settings.map(({ remedy }) => remedy))]
  const more = all.length - mostDeeds
  const some = more > 0 ? [...all.slice(0, mostDeeds), `mend ${more} more settings`] : all
  if (some.length > 0) return some.join(', and ')
  return (compliance?.compliant ?? 'yes') === 'yes' ? 'make the device compliant' : undefined
}

const sentence = (wanted: readonly string[], end: string): string => {
  const text = [...new Set(wanted)].join(', and ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}; then ${end}.`
}

/**
 * Tells a user in a sentence how to get a certificate.
 * @param settings what keeps the device from being compliant: all that fails, and then what nobody can tell.
 */
export const remediationOf = (denied: Denied, settings: readonly FailedSetting[]): string => {
  const { cause, applied } = denied
  const missing = applied.filter(({ isReportOnly }) => !isReportOnly).flatMap((one) => one.missing)
  const compliant = compliantDeed(denied, settings)
  const end = settings.length > 0 ? 'try again with fresh tokens' : 'get a fresh token'
  if (missing.length === 0)
    return settings.length > 0 && compliant !== undefined ? sentence([compliant], end) : unpermitted[cause]
  if (missing.some(({ kind }) => kind === 'block')) return blocked
  const wanted = missing.map((one) => deedFor(one, compliant))
  return wanted.every((deed) => deed !== undefined) ? sentence(wanted, end) : unprovable
}
