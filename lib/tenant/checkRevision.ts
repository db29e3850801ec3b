import { Refusal } from '../errors/refusal.ts'
import { defaultPolicy } from '../policy/model/defaultPolicy.ts'
import type { Grant, LivePolicy } from '../policy/model/policy.ts'
import {
  locationsNamed,
  type Need,
  type ProvableControl,
  type SignalName,
  signalsNeeded,
} from '../policy/model/signalsNeeded.ts'
import type { TokenIssuer } from './configuration.ts'
import { understandSet } from './policySet.ts'
import { controlText, type ProvenControl, proofsOf } from './proofs.ts'
import type { RevisionContent, UnderstoodContent } from './revisionContent.ts'

/** What people call the signals that an issuer's tokens tell where the tenant names their claims. */
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
const provenBy = (control: ProvableControl): readonly ProvenControl[] =>
  control.kind === 'strength'
    ? [
        `strength ${control.strength.id}`,
        ...control.strength.allowedCombinations.map((one) => `combination ${one}` as const),
      ]
    : [control.kind]

const proves = (issuer: TokenIssuer, control: ProvableControl): boolean =>
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
  const [first] = need.controls.flatMap(provenBy)
  return (
    first && `no token issuer of ${tenant} proves ${controlText(first)}: name it as \`control\` of \`proofs\``
  )
}

/** Tells whether nothing here can meet what a policy asks for. */
const isNeverSatisfied = (grant: Grant): boolean => {
  if (grant.kind !== 'require') return false
  const isUnprovable = grant.controls.map(({ kind }) => kind === 'unprovable')
  return grant.operator === 'AND' ? isUnprovable.includes(true) : !isUnprovable.includes(false)
}

const faultsOf = (policy: LivePolicy, content: UnderstoodContent): readonly string[] => {
  const { configuration, locations, policySet } = content
  const isUnwanted = isNeverSatisfied(policy.grant) && !policySet.neverSatisfied.includes(policy.id)
  return [
    ...signalsNeeded(policy, locations).map((need) => {
      const lack = lackOf(need, configuration)
      return lack && `${need.path}: ${lack}`
    }),
    ...locationsNamed(policy)
      .filter((id) => !locations.some((location) => location.id === id))
      .map((id) => `conditions.locations: there is no named location ${id}`),
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

/** Lists why a content cannot be in force as a whole: what its policies refer to and nothing supplies. */
export const faultsOfRevision = (content: UnderstoodContent): readonly string[] => {
  const live = content.policies.filter((policy) => policy.never === undefined)
  const policies = content.policies.length === 0 ? [defaultPolicy] : live
  return [...policies.flatMap((policy) => faultsOf(policy, content)), ...lifetimeFaults(content)]
}

/**
 * Checks a content as a whole, whichever part of it changes: each policy is understood, each signal and proof it asks for has
 * a source, each location and each policy that something refers to is there.
 * @throws {Refusal} `policies-invalid`
 */
export const checkRevision = (content: RevisionContent): UnderstoodContent => {
  const understood = understandSet(content.policySet, content.configuration)
  const whole = { ...content, ...understood }
  const faults = 'faults' in whole ? whole.faults : faultsOfRevision(whole)
  if ('policies' in whole && faults.length === 0) return whole
  throw new Refusal('policies-invalid', `Cannot accept the policies: ${faults.slice(0, 10).join('; ')}.`)
}
