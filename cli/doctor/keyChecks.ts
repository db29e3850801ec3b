import { type AuthorityKey, openGenerationKey } from '../../lib/authority/authorityKey.ts'
import { type Generation, isOnline, isPublished } from '../../lib/authority/generation.ts'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type KeyVaultAttributes, readKeyVaultAttributes } from '../../lib/keys/keyVaultAttributes.ts'
import { probeOctets } from '../../lib/keys/signer.ts'
import { formatProbe } from '../../lib/telemetry/signingIds.ts'
import { verifiesSignature } from '../../lib/x509/signatureAlgorithm.ts'
import { accessTo } from '../../lib/deployment/openKeys.ts'
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { Examination, TenantExamination } from './examination.ts'
import { type Found, ok, problem, warning } from '../../client/check/finding.ts'

const isLocal = ({ keyReference }: Generation): boolean => keyReference.startsWith('local:')

/** Signs what is no certificate, and explains the signature to who holds the vault's log against the ledger. */
const probe = async (
  { uuid, notice }: Examination,
  { signer }: AuthorityKey,
  generation: Generation,
): Promise<Uint8Array> => {
  const { tenant, id: issuer } = generation
  const requestId = uuid()
  let vaultRequestId = ''
  try {
    return await signer.probe(requestId, { onLogged: (id) => (vaultRequestId = id) })
  } finally {
    if (!isLocal(generation)) notice(formatProbe({ tenant, issuer, requestId, vaultRequestId }))
  }
}

const signatureFound = async (examination: Examination, generation: Generation): Promise<Found> => {
  const { kind, algorithm } = generation
  const key = await openGenerationKey(examination.openKeys({ kind }), generation)
  if (!isLocal(generation) && !examination.signs)
    return ok('it is that of the certificate; --sign asks it for a signature')
  const signature = await probe(examination, key, generation)
  const publicKey = key.publicKey.keyObject
  if (verifiesSignature({ algorithm, publicKey, signed: probeOctets, signature }))
    return ok('it signs, and the signature verifies with the certificate')
  return problem(
    'its signature does not verify with the certificate',
    'Stop using this key: stage and activate another, then taint this one.',
  )
}

const remedyOf = ({ code }: Refusal, generation: Generation): string => {
  const { remedy } = catalogue[code]
  if (isLocal(generation))
    return `${remedy} Restore a file that is gone from its backup; else stage another ${generation.kind}.`
  return code === 'signer-refused'
    ? `${remedy} It is your own sign-in that was refused, not that of the app: service-ready tells of that one.`
    : remedy
}

const usableFound = async (examination: Examination, generation: Generation): Promise<Found> => {
  try {
    return await signatureFound(examination, generation)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return problem(error.detail, remedyOf(error, generation))
  }
}

const dayMilliseconds = 86_400_000
const warnDays = 30

const lifeFound = ({ enabled, notBefore, expiresOn }: KeyVaultAttributes, now: Date): Found | undefined => {
  if (enabled === false)
    return problem('it is disabled: nothing can be signed', 'Enable the key in its vault.')
  if (notBefore && notBefore > now)
    return problem(`it begins at ${notBefore.toISOString()}`, 'Set its activation date to the past.')
  const left = expiresOn ? Math.floor((expiresOn.getTime() - now.getTime()) / dayMilliseconds) : Infinity
  if (left >= warnDays) return undefined
  const remedy =
    'Take its end away (az keyvault key set-attributes): the certificate ends its use, not the vault.'
  return left < 0 ? problem('it has ended in its vault', remedy) : warning(`it ends in ${left} days`, remedy)
}

const another = 'Stage another root or issuer with a new key, activate it, then retire this one.'

const powersFound = ({ exportable, operations }: KeyVaultAttributes): readonly (Found | false)[] => {
  const more = operations.filter((operation) => !['sign', 'verify'].includes(operation))
  return [
    exportable === true && problem('it can be exported from its vault', another),
    more.length > 0 &&
      warning(`it may ${more.join(', ')} beside sign`, 'az keyvault key set-attributes --ops sign'),
  ]
}

const protectionFound = ({
  isInHardware,
  recoveryLevel = '',
}: KeyVaultAttributes): readonly (Found | false)[] => [
  !isInHardware && warning('it is not in a hardware module', `keys.vault.hsm: true. ${another}`),
  recoveryLevel.includes('Purgeable') &&
    warning('it can be purged for good', 'Turn purge protection of its vault on.'),
]

/**
 * Judges what a vault tells of a key.
 * @param isStandIn whether keys are in files: what protects a vault is not there to be asked for.
 */
export const judgeAttributes = (
  attributes: KeyVaultAttributes,
  { now, isStandIn }: { readonly now: Date; readonly isStandIn: boolean },
): Found => {
  const judged = [
    lifeFound(attributes, now),
    ...powersFound(attributes),
    ...(isStandIn ? [] : protectionFound(attributes)),
  ].filter((found) => typeof found === 'object')
  if (judged.length === 0) return ok('enabled, without an end, not exportable, for signatures alone')
  return (judged.some(({ status }) => status === 'problem') ? problem : warning)(
    judged.map(({ detail }) => detail).join('; '),
    judged.map(({ remedy }) => remedy).join(' '),
  )
}

const attributesFound = async (
  { deployment: { keys }, now }: Examination,
  { keyReference }: Generation,
): Promise<Found> => {
  const attributes = await readKeyVaultAttributes(keyReference, accessTo(keys))
  return judgeAttributes(attributes, { now: now(), isStandIn: keys.vault?.standIn !== undefined })
}

/** Checks whether the keys of roots and issuers are there, are those of their certificates, and do no more than sign. */
export const keyChecks = async ({ authority, examination }: TenantExamination): Promise<readonly Check[]> => {
  const read = await authority().catch(() => undefined)
  if (!read) return [{ id: 'key-usable', ask: () => dependOn('authority-known', authority).then(() => []) }]
  return read.generations
    .filter((generation) => isPublished(generation) && isOnline(generation))
    .flatMap((generation) =>
      checksOf(generation, {
        'key-usable': (one) => usableFound(examination, one),
        ...(!isLocal(generation) && { 'key-attributes': (one) => attributesFound(examination, one) }),
      }).map((check) => ({ ...check, subject: generation.id })),
    )
}
