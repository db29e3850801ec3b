import type { KeyVaultAttributes } from '../../lib/keys/keyVaultAttributes.ts'
import type { Found } from './finding.ts'

const day = 86_400_000
const warnDays = 30

interface Judgement {
  readonly status: 'problem' | 'warning'
  readonly detail: string
  readonly remedy: string
}

interface Circumstances {
  readonly now: Date
  /** A stand-in keeps its keys in files: what protects a vault is not there to be asked for. */
  readonly isStandIn: boolean
}

const problem = (detail: string, remedy: string): Judgement => ({ status: 'problem', detail, remedy })
const warning = (detail: string, remedy: string): Judgement => ({ status: 'warning', detail, remedy })

const another = 'Stage another root or issuer with a new key, activate it, then retire this one.'
const allowedOperations = new Set(['sign', 'verify'])

const ofLife = ({ enabled, notBefore, expiresOn }: KeyVaultAttributes, now: Date): readonly Judgement[] => {
  if (enabled === false)
    return [problem('it is disabled: nothing can be signed', 'Enable the key in its vault.')]
  if (notBefore && notBefore > now)
    return [problem(`it begins at ${notBefore.toISOString()}`, 'Set its activation date to the past.')]
  const left = expiresOn ? Math.floor((expiresOn.getTime() - now.getTime()) / day) : Infinity
  if (left >= warnDays) return []
  const remedy =
    'Take its end away (az keyvault key set-attributes): the certificate ends its use, not the vault.'
  return [
    left < 0 ? problem('it has ended in its vault', remedy) : warning(`it ends in ${left} days`, remedy),
  ]
}

const ofPower = ({ exportable, operations, isInHardware }: KeyVaultAttributes): readonly Judgement[] => {
  const more = operations.filter((operation) => !allowedOperations.has(operation))
  return [
    ...(exportable === true ? [problem('it can be exported from its vault', another)] : []),
    ...(more.length > 0
      ? [warning(`it may ${more.join(', ')} beside sign`, 'az keyvault key set-attributes --ops sign')]
      : []),
    ...(isInHardware ? [] : [warning('it is not in a hardware module', `keys.vault.hsm: true. ${another}`)]),
  ]
}

const ofRecovery = ({ recoveryLevel = '' }: KeyVaultAttributes): readonly Judgement[] =>
  recoveryLevel.includes('Purgeable')
    ? [warning('it can be purged for good', 'Turn purge protection of its vault on.')]
    : []

/** Judges what a vault tells of a key. */
export const judgeAttributes = (
  subject: string,
  attributes: KeyVaultAttributes,
  { now, isStandIn }: Circumstances,
): Found => {
  const about = { id: 'key-attributes', subject } as const
  const power = ofPower(isStandIn ? { ...attributes, isInHardware: true } : attributes)
  const judged = [...ofLife(attributes, now), ...power, ...(isStandIn ? [] : ofRecovery(attributes))]
  if (judged.length === 0)
    return { ...about, status: 'ok', detail: 'enabled, without an end, not exportable, for signatures alone' }
  return {
    ...about,
    status: judged.some(({ status }) => status === 'problem') ? 'problem' : 'warning',
    detail: judged.map(({ detail }) => detail).join('; '),
    remedy: judged.map(({ remedy }) => remedy).join(' '),
  }
}
