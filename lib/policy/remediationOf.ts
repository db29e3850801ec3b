import type { ControlAnswer, DenialCause, Missing } from './decision.ts'

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
  compliantDevice: 'make the device compliant',
  domainJoinedDevice: 'use a device that is joined to the domain',
  mfa: 'sign in with multifactor authentication',
}

const deedOf = ({ control, displayName }: ControlAnswer): string | undefined =>
  control === undefined ? undefined : (deeds[control] ?? `sign in with ${displayName}`)

const deedFor = (missing: Missing): string | undefined => {
  if (missing.kind === 'block') return undefined
  if (missing.kind === 'signIn') return 'sign in again'
  const known = missing.oneOf.map(deedOf).filter((deed) => deed !== undefined)
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

/**
 * Tells a user in a sentence how to get a certificate.
 * @param missing all of it is wanted.
 */
export const remediationOf = (cause: DenialCause, missing: readonly Missing[]): string => {
  if (missing.length === 0) return unpermitted[cause]
  if (missing.some(({ kind }) => kind === 'block')) return blocked
  const wanted = missing.map(deedFor)
  if (wanted.includes(undefined)) return unprovable
  const text = [...new Set(wanted)].join(', and ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}; then get a fresh token.`
}
