import { Refusal } from '../errors/refusal.ts'
import type { AuthorityAlgorithm, KeyProvider, Signer } from '../keys/signer.ts'
import { encodeCertificate } from '../x509/certificate.ts'
import { parsePublicKey, type PublicKey } from '../x509/publicKey.ts'
import { verifiesSignature } from '../x509/signatureAlgorithm.ts'
import { type Generation, offlineKeyReference } from './generation.ts'

/** A key of an authority within reach, with its public half parsed. */
export interface AuthorityKey {
  readonly reference: string
  readonly signer: Signer
  readonly publicKey: PublicKey
}

/** Opens a key that exists. @throws {Refusal} `key-file-refused` or `signer-unavailable` */
export const openKey = async (keys: KeyProvider, reference: string): Promise<AuthorityKey> => {
  const signer = await keys.open(reference)
  return { reference, signer, publicKey: parsePublicKey(signer.publicKey) }
}

/** Makes the key of this name, or finds it. @throws {Refusal} `key-file-refused` or `signer-unavailable` */
export const makeKey = async (
  keys: KeyProvider,
  name: string,
  algorithm: AuthorityAlgorithm,
): Promise<AuthorityKey> => openKey(keys, await keys.create(name, algorithm))

/**
 * Opens the key of a generation and compares it with its certificate.
 * @throws {Refusal} `key-mismatch`, `transition-refused` for an offline key, `key-file-refused` or `signer-unavailable`
 */
export const openGenerationKey = async (keys: KeyProvider, generation: Generation): Promise<AuthorityKey> => {
  const { id, keyReference, tbs } = generation
  if (keyReference === offlineKeyReference)
    throw new Refusal('transition-refused', `Cannot use the key of ${id}: it is offline.`)
  const key = await openKey(keys, keyReference)
  if (Buffer.compare(key.publicKey.spki, tbs.subjectPublicKeyInfo) === 0) return key
  throw new Refusal('key-mismatch', `Cannot use the key ${keyReference}: it is not the key of ${id}.`)
}

/**
 * Signs a linted TBSCertificate of an authority, and verifies the signature.
 * @returns DER Certificate.
 * @throws {Refusal} `signer-unavailable` or `signature-unverified`
 */
export const signAuthority = async (
  tbs: Uint8Array,
  { signer, publicKey }: AuthorityKey,
  requestId: string,
): Promise<Uint8Array> => {
  const { algorithm } = signer
  const signature = await signer.sign(tbs, requestId)
  if (!verifiesSignature({ algorithm, publicKey: publicKey.keyObject, signed: tbs, signature })) {
    throw new Refusal('signature-unverified', 'Cannot sign the authority: the signature does not verify.')
  }
  return encodeCertificate(tbs, algorithm, signature)
}
