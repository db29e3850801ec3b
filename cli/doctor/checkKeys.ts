import { stat } from 'node:fs/promises'
import { type AuthorityKey, openGenerationKey } from '../../lib/authority/authorityKey.ts'
import { type Generation, isOnline, isPublished } from '../../lib/authority/generation.ts'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readKeyVaultAttributes } from '../../lib/keys/keyVaultAttributes.ts'
import { probeOctets } from '../../lib/keys/signer.ts'
import { formatProbe } from '../../lib/telemetry/signingIds.ts'
import { verifiesSignature } from '../../lib/x509/signatureAlgorithm.ts'
import { accessTo, sharesVault } from '../../lib/deployment/openKeys.ts'
import { type Check, resting } from './check.ts'
import type { Examination } from './examination.ts'
import type { Found } from './finding.ts'
import { judgeAttributes } from './judgeAttributes.ts'
import type { TenantExamination } from './tenantExamination.ts'

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
  const { kind, id: subject, algorithm } = generation
  const about = { id: 'key-usable', subject } as const
  const key = await openGenerationKey(examination.openKeys({ kind }), generation)
  if (!isLocal(generation) && !examination.signs)
    return { ...about, status: 'ok', detail: 'it is that of the certificate; --sign asks it for a signature' }
  const signature = await probe(examination, key, generation)
  const publicKey = key.publicKey.keyObject
  if (verifiesSignature({ algorithm, publicKey, signed: probeOctets, signature }))
    return { ...about, status: 'ok', detail: 'it signs, and the signature verifies with the certificate' }
  const remedy = 'Stop using this key: stage and activate another, then taint this one.'
  return { ...about, status: 'problem', detail: 'its signature does not verify with the certificate', remedy }
}

const remedyOf = ({ code }: Refusal, { keyReference, kind }: Generation): string => {
  const { remedy } = catalogue[code]
  if (keyReference.startsWith('local:'))
    return `${remedy} Restore a file that is gone from its backup; else stage another ${kind}.`
  return code === 'signer-refused'
    ? `${remedy} It is your own sign-in that was refused, not that of the app: service-ready tells of that one.`
    : remedy
}

const usableFound = async (examination: Examination, generation: Generation): Promise<Found> => {
  try {
    return await signatureFound(examination, generation)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const remedy = remedyOf(error, generation)
    return { id: 'key-usable', subject: generation.id, status: 'problem', detail: error.detail, remedy }
  }
}

const attributesFound = async (
  { deployment: { keys }, now }: Examination,
  { keyReference, id }: Generation,
): Promise<Found> => {
  const attributes = await readKeyVaultAttributes(keyReference, accessTo(keys))
  return judgeAttributes(id, attributes, { now: now(), isStandIn: keys.vault?.standIn !== undefined })
}

const checksOf = (examination: Examination, generation: Generation): readonly Check[] => {
  const about = { tenant: generation.tenant, subject: generation.id }
  const usable: Check = {
    ...about,
    id: 'key-usable',
    run: async () => [await usableFound(examination, generation)],
  }
  if (isLocal(generation)) return [usable]
  return [
    usable,
    {
      ...about,
      id: 'key-attributes',
      run: async () => [await attributesFound(examination, generation)],
    },
  ]
}

/** Whether the keys of a tenant's roots and issuers are there, are those of their certificates, and do no more than sign. */
export const checkKeys = async ({
  id: tenant,
  authority,
  examination,
}: TenantExamination): Promise<readonly Check[]> => {
  const blocked: Check = {
    id: 'key-usable',
    tenant,
    run: () => resting('authority-known', authority).then(() => []),
  }
  const read = await authority().catch(() => undefined)
  if (!read) return [blocked]
  return read.generations
    .filter((generation) => isPublished(generation) && isOnline(generation))
    .flatMap((generation) => checksOf(examination, generation))
}

/** Whether roots have a vault of their own, which the app cannot reach. */
export const checkVaults = ({ deployment: { keys } }: Examination): readonly Check[] => {
  const { vault } = keys
  if (!vault || vault.standIn) return []
  const id = 'vault-separation'
  const { remedy } = catalogue['vaults-shared']
  const found: Found = sharesVault(keys, vault.issuerUrl)
    ? {
        id,
        status: 'problem',
        detail: 'rootUrl and issuerUrl are one vault: the app may sign with roots',
        remedy,
      }
    : { id, status: 'ok', detail: 'roots and issuers have a vault each' }
  return [{ id, run: () => [found] }]
}

/** Whether others can list the folder of local keys, or put files into it. */
export const checkKeyFolder = ({ deployment: { keys } }: Examination): readonly Check[] => {
  const { folder } = keys
  if (folder === undefined || process.platform === 'win32') return []
  const id = 'key-folder'
  const check = async (): Promise<readonly Found[]> => {
    const status = await stat(folder).catch(() => undefined)
    if (!status) return []
    const mode = `0${(status.mode & 0o777).toString(8)}`
    if ((status.mode & 0o077) === 0) return [{ id, status: 'ok', detail: `${folder} has the mode ${mode}` }]
    const detail = `${folder} has the mode ${mode}: others can look into it`
    return [{ id, status: 'problem', detail, remedy: `chmod 700 ${folder}` }]
  }
  return [{ id, run: check }]
}
