import { Refusal } from '../errors/refusal.ts'
import { decidingPolicies } from '../policy/model/defaultPolicy.ts'
import { isNeverSatisfied } from '../policy/model/isNeverSatisfied.ts'
import type { LivePolicy } from '../policy/model/policy.ts'
import {
  locationsNamed,
  type Need,
  type NeededControl,
  type SignalName,
  signalsNeeded,
} from '../policy/model/signalsNeeded.ts'
import type { ProvableControl } from '../policy/signals/signals.ts'
import type { TokenIssuer } from './configuration.ts'
import { understandSet } from './policySet.ts'
import { controlText, proofsOf } from './proofs.ts'
import type { RevisionContent, UnderstoodContent } from './revisionContent.ts'

/** Calls the signals that tokens tell by what people call them. */
const signalTexts: Readonly<Record<string, string>> = {
  guest: 'who is a guest',
  groups: 'the groups of a user',
  roles: 'the roles of a user',
  country: 'the country',
  platform: 'the platform',
  signInRisk: 'the sign-in risk',
  userRisk: 'the user risk',
  insiderRisk: 'the insider risk',
  transferMethod: 'how the sign-in was transferred',
  authTime: 'when the user signed in',
}

/** The member of `signals` that names the source. A guest whose type or directory nobody tells is one of unknown type. */
const memberOf = (signal: SignalName): string =>
  signal.startsWith('guest.') ? 'guest' : signal.replace('device.', 'device.attributes.')

const textOf = (signal: SignalName): string =>
  signalTexts[memberOf(signal)] ?? signal.replace('device.', "the device's ")

/** Tells whether tokens of an issuer can say a signal. Users are in every token, and requests have the address. */
const says = ({ signals = {}, deviceIdClaim }: TokenIssuer, signal: SignalName): boolean => {
  if (signal === 'user' || signal === 'clientIp') return true
  const [member = '', attribute] = signal.split('.')
  if (member !== 'device') return signals[member as keyof typeof signals] !== undefined
  if (attribute === 'deviceId' && deviceIdClaim !== undefined) return true
  return Object.hasOwn(signals.device?.attributes ?? {}, attribute ?? '')
}

/** Lists by which proofs a control can be proven: a strength by its own, or by that of a combination it allows. */
export const provenBy = (control: NeededControl): readonly ProvableControl[] =>
  control.kind === 'strength'
    ? [
        `strength ${control.strength.id}`,
        ...control.strength.allowedCombinations.map((one) => `combination ${one}` as const),
      ]
    : [control.kind]

const proves = (issuer: TokenIssuer, control: NeededControl): boolean =>
  proofsOf(issuer).some((proof) => provenBy(control).includes(proof.control))

/** Tells what a policy lacks, and what to do about it; undefined where an issuer supplies it. */
const lackOf = (
  need: Need,
  { tenant, tokenIssuers }: RevisionContent['configuration'],
): string | undefined => {
  if ('signal' in need)
    return tokenIssuers.some((issuer) => says(issuer, need.signal))
      ? undefined
      : `no token issuer of ${tenant} says ${textOf(need.signal)}: map \`signals.${memberOf(need.signal)}\``
  if (tokenIssuers.some((issuer) => need.controls.some((control) => proves(issuer, control))))
    return undefined
  const [first] = need.controls
  const [proof] = need.controls.flatMap(provenBy)
  if (!first || !proof) return undefined
  const name = first.kind === 'strength' ? ` (${first.strength.displayName})` : ''
  return `no token issuer of ${tenant} proves ${controlText(proof)}${name}: add "${proof}" as \`control\` of \`proofs\``
}

const faultsOf = (policy: LivePolicy, content: UnderstoodContent): readonly string[] => {
  const { configuration, locations, policySet } = content
  const isUnwanted = isNeverSatisfied(policy) && !policySet.neverSatisfied.includes(policy.id)
  return [
    ...signalsNeeded(policy, locations).map((need) => {
      const lack = lackOf(need, configuration)
      return lack && `${need.path}: ${lack}`
    }),
    ...locationsNamed(policy)
      .filter((id) => !locations.some((location) => location.id === id))
      .map((id) => `conditions.locations: there is no named location ${id}, which it refers to`),
    isUnwanted &&
      'grantControls: nothing here can prove it; --deny-unprovable keeps the policy as never satisfied',
  ]
    .filter((fault) => typeof fault === 'string')
    .map((fault) => `"${policy.displayName}", ${fault}`)
}

const lifetimeFaults = ({ configuration: { lifetimes }, policies }: UnderstoodContent): readonly string[] =>
  Object.keys(lifetimes)
    .filter((id) => !policies.some((policy) => policy.id === id))
    .map((id) => `lifetimes: there is no policy with the id ${id}`)

/** Lists what policies refer to and nothing supplies. */
const faultsOfUnderstood = (content: UnderstoodContent): readonly string[] => {
  const live = decidingPolicies(content.policies).filter((policy) => policy.never === undefined)
  return [...live.flatMap((policy) => faultsOf(policy, content)), ...lifetimeFaults(content)]
}

/**
 * Understands a content as a whole, whichever part of it changes: each document is understood, each signal and proof that a
 * policy asks for has a source, each location and each policy that something refers to is there.
 * @returns what is wrong, a line each, where it cannot be in force.
 */
export const understandRevision = (
  content: RevisionContent,
): UnderstoodContent | { readonly faults: readonly string[] } => {
  const understood = understandSet(content.policySet, content.configuration)
  if ('faults' in understood) return understood
  const whole = { ...content, ...understood }
  const faults = faultsOfUnderstood(whole)
  return faults.length === 0 ? whole : { faults }
}

/** Makes the refusal of what cannot be in force: it names the first faults alone, for there may be thousands. */
export const policiesRefusal = (subject: 'files' | 'policies', faults: readonly string[]): Refusal => {
  const [shown, more] = [faults.slice(0, 10).join('; '), faults.length - 10]
  const text = more > 0 ? `${shown}; and ${more} more` : shown
  return new Refusal('policies-invalid', `Cannot accept the ${subject}: ${text}.`)
}

/** Checks that a content can be in force as a whole. @throws {Refusal} `policies-invalid` */
export const checkRevision = (content: RevisionContent): UnderstoodContent => {
  const understood = understandRevision(content)
  if (!('faults' in understood)) return understood
  throw policiesRefusal('policies', understood.faults)
}
