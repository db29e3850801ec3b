import type { Need, NeededControl, SignalName } from '../policy/model/signalsNeeded.ts'
import { directoryAttributes } from '../policy/signals/factsOfDirectory.ts'
import { deviceProofs, type ProvableControl } from '../policy/signals/signals.ts'
import type { Configuration, TokenIssuer } from './configuration.ts'
import { controlText, proofsOf } from './proofs.ts'
import type { UnderstoodContent } from './revisionContent.ts'
import { suppliedFacts } from './suppliedFacts.ts'

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

/** Tells whether a source beside the tokens can say a signal: the directory knows devices, and several know the platform. */
const saysBeside = (configuration: Configuration, signal: SignalName): boolean => {
  if (signal === 'platform') return suppliedFacts(configuration).some(({ fact }) => fact === signal)
  const hasDirectory = configuration.evidence?.directory !== undefined
  return hasDirectory && directoryAttributes.some((name) => signal === `device.${name}`)
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

type Proving = Pick<UnderstoodContent, 'configuration' | 'compliancePolicies'>

/** Lists what proves a control beside the tokens, as people call it: the directory, or compliance policies. */
export const provenBeside = (
  control: ProvableControl,
  { configuration, compliancePolicies }: Proving,
): readonly string[] => [
  ...(configuration.evidence?.directory?.proves.some((one) => one === control) ? ['the directory'] : []),
  ...(control === 'compliantDevice' && compliancePolicies.length > 0 ? ['the compliance policies'] : []),
]

const isProven = (control: NeededControl, content: Proving): boolean =>
  content.configuration.tokenIssuers.some((issuer) => proves(issuer, control)) ||
  provenBy(control).some((proof) => provenBeside(proof, content).length > 0)

const signalLack = (signal: SignalName, configuration: Configuration): string | undefined => {
  const { tenant, tokenIssuers } = configuration
  if (saysBeside(configuration, signal) || tokenIssuers.some((issuer) => says(issuer, signal)))
    return undefined
  return `no token issuer of ${tenant} says ${textOf(signal)}: map \`signals.${memberOf(signal)}\``
}

/** Says who else could prove a control. */
const elsewhere = (proof: ProvableControl): string => {
  if (!deviceProofs.some((one) => one === proof)) return ''
  const policies = proof === 'compliantDevice' ? ', or apply compliance policies' : ''
  return `, or have the directory prove it (\`evidence.directory.proves\`)${policies}`
}

/** Tells what a policy lacks, and what to do about it; undefined where a source supplies it. */
export const lackOf = (need: Need, content: UnderstoodContent): string | undefined => {
  if ('signal' in need) return signalLack(need.signal, content.configuration)
  if (need.controls.some((control) => isProven(control, content))) return undefined
  const [first] = need.controls
  const [proof] = need.controls.flatMap(provenBy)
  if (!first || !proof) return undefined
  const name = first.kind === 'strength' ? ` (${first.strength.displayName})` : ''
  return `no token issuer of ${content.configuration.tenant} proves ${controlText(proof)}${name}: add "${proof}" as \`control\` of \`proofs\`${elsewhere(proof)}`
}
