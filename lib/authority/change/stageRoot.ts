import { keyFailure, openGenerationKey } from '../authorityKey.ts'
import type { Ceremony, Change } from './changeAuthority.ts'
import { type CrossCertificate, crossId } from '../crossCertificate.ts'
import {
  type Generation,
  generationNumber,
  isOnline,
  isPublished,
  isValid,
  offlineKeyReference,
} from '../generation.ts'
import { makeCross, makeRoot, type SigningRoot } from './certifyIssuer.ts'
import { isFresh, made, nextNumber } from './nextNumber.ts'
import { Refusal } from '../../errors/refusal.ts'
import { authorityAlgorithms, type AuthorityAlgorithm } from '../../keys/signer.ts'
import { lintImportedRoot } from '../../profile/lintImportedRoot.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { type Certificate, parseCertificate } from '../../x509/certificate.ts'
import { verifiesSignature } from '../../x509/signatureAlgorithm.ts'
import type { Authority } from '../authority.ts'
import { checkDistinct, importedKey, lintImported } from './lintImported.ts'

const signingRoot = async (generation: Generation, ceremony: Ceremony) => ({
  generation,
  root: { tbs: generation.tbs, key: await openGenerationKey(ceremony.rootKeys, generation) },
})

export interface RootStaging {
  /** DER Certificate of a root whose key is offline; without it Mayfly makes a key. */
  readonly certificate?: Uint8Array | undefined
  /** Whether the older roots are certified by the new one as well (OldWithNew). */
  readonly oldWithNew?: boolean | undefined
}

/** The roots before this one that the bundle holds, staged ones included: relying parties may know any one alone. */
const rootsBefore = ({ generations }: Authority, next: Generation, now: Date): readonly Generation[] =>
  generations.filter(
    (one) =>
      one.kind === 'root' &&
      generationNumber(one) < generationNumber(next) &&
      isPublished(one) &&
      isValid(one, now),
  )

/** Tells of what is asked for and not done: a root that waits already certifies nothing any more. */
const checkOldWithNew = (before: Authority, waiting: Generation, now: Date): void => {
  const certified = before.crossCertificates
    .filter(({ signedBy }) => signedBy === waiting.id)
    .map(({ subject }) => subject)
  if (rootsBefore(before, waiting, now).every(({ id }) => certified.includes(id))) return
  throw new Refusal(
    'transition-refused',
    `Cannot certify the older roots by the new one: ${waiting.id} was staged without that. Leave --old-with-new out, or retire ${waiting.id} first.`,
  )
}

/**
 * The root that waits already: one whose key is online, with half of its life left, or the one made from this
 * certificate.
 * @throws {Refusal} `transition-refused` when it should certify older roots and does not
 */
export const waitingRoot = (
  before: Authority,
  { certificate, oldWithNew }: RootStaging,
  now: Date,
): Generation | undefined => {
  const waiting = before.generations
    .filter(({ kind, state }) => kind === 'root' && state === 'staged')
    .find((root) =>
      certificate
        ? Buffer.compare(root.certificate, certificate) === 0
        : isOnline(root) && isFresh(root, now),
    )
  if (waiting && oldWithNew && isOnline(waiting)) checkOldWithNew(before, waiting, now)
  return waiting
}

interface CrossCertification {
  readonly made: readonly CrossCertificate[]
  /** A line each for the history, those that could not be made included. */
  readonly changes: readonly string[]
}

/** NewWithOld by each older root whose key is online; one whose key does not answer is left out, and said so. */
const newWithOld = async (
  next: Generation,
  older: readonly Generation[],
  ceremony: Ceremony,
): Promise<CrossCertification> => {
  const cross: CrossCertificate[] = []
  const changes: string[] = []
  for (const root of older.filter(isOnline)) {
    const id = crossId(next.id, root.id)
    try {
      cross.push(await makeCross(next, await signingRoot(root, ceremony), ceremony))
      changes.push(`${id} made`)
    } catch (error) {
      keyFailure(error)
      changes.push(`${id} not made: the key of ${root.id} does not answer`)
    }
  }
  return { made: cross, changes }
}

/** NewWithOld; OldWithNew when asked for, if the key of the new one is online. */
const crossCertify = async (
  { generation, root }: { readonly generation: Generation; readonly root?: SigningRoot },
  { before, staging }: { readonly before: Authority; readonly staging: RootStaging },
  ceremony: Ceremony,
): Promise<CrossCertification> => {
  const older = rootsBefore(before, generation, ceremony.now)
  const first = await newWithOld(generation, older, ceremony)
  if (!staging.oldWithNew || !root) return first
  const oldWithNew: CrossCertificate[] = []
  for (const one of older) oldWithNew.push(await makeCross(one, { generation, root }, ceremony))
  return {
    made: [...first.made, ...oldWithNew],
    changes: [...first.changes, ...oldWithNew.map(({ id }) => `${id} made`)],
  }
}

/**
 * Plans the next root: published, signing nothing yet, certified by the roots before it (NewWithOld). A root that is
 * staged already, with half of its life left, will do.
 * @throws {Refusal} `certificate-refused`, `certificate-malformed`, `transition-refused`, `key-file-refused`,
 *   `lint-failed`, `signer-refused`, `signer-unavailable` or `signature-unverified`
 */
export const stageRoot = async (
  tenant: Tenant,
  { before, staging }: { readonly before: Authority; readonly staging: RootStaging },
  ceremony: Ceremony,
): Promise<{ readonly generation: Generation; readonly change: Change | undefined }> => {
  const waiting = waitingRoot(before, staging, ceremony.now)
  if (waiting) return { generation: waiting, change: undefined }
  const { certificate: der } = staging
  const next = der
    ? { generation: importRoot(tenant, { der, before }, ceremony) }
    : await makeRoot(tenant, { before, number: nextNumber(before, 'root'), state: 'staged' }, ceremony)
  const cross = await crossCertify(next, { before, staging }, ceremony)
  const change = {
    action: 'stage-root',
    generations: [...before.generations, next.generation],
    crossCertificates: [...before.crossCertificates, ...cross.made],
    changes: [`${next.generation.id} staged`, ...cross.changes],
    forced: [],
  }
  return { generation: next.generation, change }
}

const algorithmOf = ({ tbs }: Certificate): AuthorityAlgorithm => {
  const found = authorityAlgorithms.find((algorithm) => algorithm === tbs.signature)
  if (found) return found
  throw new Refusal('certificate-refused', `Cannot stage the root: it is signed with ${tbs.signature}.`)
}

/**
 * Takes in a root that was made elsewhere, if paths beneath it can hold.
 * @throws {Refusal} `certificate-refused` or `certificate-malformed`
 */
export const importRoot = (
  tenant: Tenant,
  { der, before }: { readonly der: Uint8Array; readonly before: Authority },
  ceremony: Ceremony,
): Generation => {
  const certificate = parseCertificate(der)
  const { signed, signature } = certificate
  const algorithm = algorithmOf(certificate)
  lintImported(() => lintImportedRoot(signed, { now: ceremony.now }))
  const { keyObject: publicKey } = importedKey(certificate)
  if (!verifiesSignature({ algorithm, publicKey, signed, signature }))
    throw new Refusal('certificate-refused', 'Cannot stage the root: its signature does not verify.')
  checkDistinct(certificate, before.generations)
  const origin = { kind: 'root', number: nextNumber(before, 'root'), state: 'staged' } as const
  const parts = { ...origin, certificate: der, algorithm, keyReference: offlineKeyReference }
  return made(tenant, before, parts, ceremony)
}
