import type { FailedSetting } from '../errors/refusal.ts'
import { proofsOf } from '../tenant/proofs.ts'
import type { DecidedRequest } from './supposedRequests.ts'
import type { Denied } from './decision.ts'
import { mistakenFact } from './factsIn.ts'
import { mistakenIn, proofAnswers } from './proofAnswers.ts'
import type { FactName } from './signals/factKinds.ts'
import type { Answer } from './signals/signal.ts'

/** Tells of the first claim that is of another type than it should be: of a device's compliance, or of a fact that is asked for. */
const mistakenOf = ({ facts, policies }: DecidedRequest): string | undefined => {
  const { tokenIssuer, claims } = facts
  const mapping = tokenIssuer.signals?.facts ?? {}
  const proofs = proofsOf(tokenIssuer)
    .filter(({ control }) => control === 'compliantDevice')
    .flatMap(({ anyOf }) => anyOf)
    .map((source) => mistakenIn(source, claims))
  const told = [...policies.factsAsked].map((fact: FactName) => mistakenFact(mapping, claims, fact))
  return [...proofs, ...told].find((mistaken) => mistaken !== undefined)
}

const settingText = ([{ policy, setting, wanted, actual }, more]: readonly [FailedSetting, number]): string =>
  `the compliance policy ${JSON.stringify(policy)}: ${setting} wants ${wanted} (${actual})${more > 0 ? `, and ${more} more` : ''}`

/** Whoever has a say in whether a device is compliant; undefined for one who is not asked. */
interface Words {
  readonly token: Answer | undefined
  readonly directory: Answer | undefined
  readonly compliance: Answer | undefined
}

const wordsOf = ({ facts, circumstances }: DecidedRequest, { compliance }: Denied): Words => {
  const { tokenIssuer, claims } = facts
  const token = proofAnswers(proofsOf(tokenIssuer), claims).compliantDevice
  const directory = circumstances.evidence?.directory?.proofs.compliantDevice
  const isAlone = directory === undefined && compliance === undefined
  return { token: isAlone ? (token ?? 'unknown') : token, directory, compliance: compliance?.compliant }
}

const disproof = ({ token, directory, compliance }: Words, setting: string | undefined) => {
  if (token === 'no') return 'the token says that the device is not compliant'
  if (directory === 'no')
    return 'the directory says that the device is not compliant, or no enabled device of the user'
  return compliance === 'no' ? `the device does not meet ${setting}` : undefined
}

const want = ({ token, directory }: Words, setting: string | undefined, isAssigned: boolean): string => {
  if (token === 'unknown') return 'the token does not prove a compliant device'
  if (directory === 'unknown') return 'the directory does not tell whether the device is compliant'
  if (!isAssigned) return 'no compliance policy of the tenant is certainly assigned to the device'
  return `nobody tells whether the device meets ${setting}`
}

/**
 * Says why a device is not known to be compliant, in words that follow "Cannot enroll: ": who says no, or else who says
 * nothing, and what a claim is instead of what the tenant wants.
 */
export const deviceDoubt = (
  request: DecidedRequest,
  denied: Denied,
  settings: readonly FailedSetting[],
): string => {
  const words = wordsOf(request, denied)
  const [first, ...more] = settings
  const setting = first && settingText([first, more.length])
  const isAssigned = denied.compliance?.policies.some(({ assigned }) => assigned === 'yes') ?? true
  const why = disproof(words, setting) ?? want(words, setting, isAssigned)
  const mistaken = mistakenOf(request)
  return mistaken === undefined ? why : `${why}: its ${mistaken}`
}
