import { deviceProofs } from '../../lib/policy/signals/signals.ts'
import { isNeverSatisfied } from '../../lib/policy/model/isNeverSatisfied.ts'
import type { Control, LivePolicy, Policy } from '../../lib/policy/model/policy.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { signalsNeeded } from '../../lib/policy/model/signalsNeeded.ts'
import { provenBeside, provenBy } from '../../lib/tenant/lackOf.ts'
import { proofsOf } from '../../lib/tenant/proofs.ts'

/** A revision, as far as it says what policies rest on. */
type InForce = Pick<Revision, 'configuration' | 'locations' | 'compliancePolicies'>

/** Names a control as a table shows it. */
const controlName = (control: Control): string => {
  if (control.kind === 'strength') return control.strength.displayName
  return control.kind === 'unprovable' ? control.name : control.kind
}

/** Tells what a policy asks for, such as `mfa and compliantDevice`. */
export const grantText = ({ grant, signInFrequency }: LivePolicy): string => {
  const fresh = signInFrequency && `a sign-in at most ${signInFrequency.seconds} s old`
  if (grant.kind === 'block') return 'block'
  const controls =
    grant.kind === 'require'
      ? grant.controls.map(controlName).join(grant.operator === 'AND' ? ' and ' : ' or ')
      : undefined
  return [controls, fresh].filter((part) => part !== undefined).join('; ')
}

const controlsOf = ({ grant }: LivePolicy): readonly Control[] =>
  grant.kind === 'require' ? grant.controls : []

/** Tells of a control what proves it, where that is nothing, or nothing but what Entra decided. */
const controlNote = (control: Control, inForce: InForce): string | undefined => {
  if (control.kind === 'unprovable') return `nothing here can prove ${control.name}`
  if (provenBy(control).some((proof) => provenBeside(proof, inForce).length > 0)) return undefined
  const proofs = inForce.configuration.tokenIssuers
    .flatMap(proofsOf)
    .filter((proof) => provenBy(control).includes(proof.control))
    .flatMap(({ anyOf }) => anyOf)
  if (proofs.length === 0) return `no token issuer proves ${controlName(control)}`
  const contexts = proofs.filter((proof) => proof.by === 'authenticationContext')
  if (contexts.length < proofs.length) return undefined
  const told = contexts.map(({ context, entraPolicy }) => `${context} of the policy "${entraPolicy}"`)
  return `${controlName(control)} rests on Entra alone: ${[...new Set(told)].join(', ')}`
}

/** Names the setting without which the service does not know where a request comes from, whatever the tenant says. */
const placeNotes = (policy: LivePolicy, { configuration, locations }: InForce): readonly string[] => {
  const needed = signalsNeeded(policy, locations).flatMap((need) => ('signal' in need ? [need.signal] : []))
  const isByAddress = configuration.tokenIssuers.some(({ signals }) => typeof signals?.country === 'object')
  const settings = [
    ...(needed.includes('clientIp') ? ['MAYFLY_CLIENT_IP'] : []),
    ...(needed.includes('country') && isByAddress ? ['MAYFLY_CLIENT_IP', 'MAYFLY_COUNTRIES_FILE'] : []),
  ]
  return settings.length === 0
    ? []
    : [`it binds everybody where the service lacks the setting ${[...new Set(settings)].join(' or ')}`]
}

/** Tells what no issuer says of guests although one says who is a guest: a policy is accepted without it. */
const guestNotes = (policy: LivePolicy, { tokenIssuers }: Configuration): readonly string[] => {
  const needed = signalsNeeded(policy, []).flatMap((need) => ('signal' in need ? [need.signal] : []))
  return (['type', 'homeTenant'] as const)
    .filter((member) => needed.includes(`guest.${member}`))
    .filter((member) => tokenIssuers.every(({ signals }) => signals?.guest?.[member] === undefined))
    .map(
      (member) => `no token issuer says \`signals.guest.${member}\`: it binds every guest, and exempts none`,
    )
}

const asksForDevice = (policy: Policy): boolean =>
  policy.never === undefined &&
  policy.state === 'enabled' &&
  controlsOf(policy).some(({ kind }) => deviceProofs.some((proof) => proof === kind))

/** Lists what an administrator has to know of all policies together; where there are none, the default one permits. */
export const setNotes = (policies: readonly Policy[]): readonly string[] =>
  policies.length === 0 || policies.some(asksForDevice)
    ? []
    : ['nobody would get a certificate: no policy in force asks for a device that is compliant or joined']

/** Lists what an administrator has to know of a policy that was understood. */
export const policyNotes = (policy: Policy, inForce: InForce): readonly string[] => {
  if (policy.never !== undefined) return [`it can never apply here: ${policy.never}`]
  return [
    ...(policy.state === 'reportOnly' ? ['it reports only, and denies nobody'] : []),
    ...(isNeverSatisfied(policy) ? ['it is never satisfied: whoever it applies to is denied'] : []),
    ...controlsOf(policy)
      .map((control) => controlNote(control, inForce))
      .filter((note) => note !== undefined),
    ...guestNotes(policy, inForce.configuration),
    ...placeNotes(policy, inForce),
    ...policy.meaningless.map((name) => `sessionControls.${name} means nothing for a certificate`),
  ]
}
