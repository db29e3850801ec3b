import type { AuthorityAlgorithm, KeyProvider, Signer } from '../keys/signer.ts'
import { type NamedKey, signPrepared } from '../keys/signPrepared.ts'
import type { Prepared } from '../prepared/prepared.ts'
import { encodeCertificate } from '../x509/certificate.ts'
import { parsePublicKey, type PublicKey } from '../x509/publicKey.ts'
import { type Generation, offlineKeyReference } from './generation.ts'
import type { RefusalCode } from '../errors/catalogue.ts'
import { Refusal } from '../errors/refusal.ts'

const codes: readonly RefusalCode[] = [
  'signer-refused',
  'signer-unavailable',
  'key-file-refused',
  'key-mismatch',
]

/**
 * Tells a key that is lost, disabled, out of reach or another one from other trouble.
 * @throws the error itself when it is anything else.
 */
export const keyFailure = (error: unknown): Refusal => {
  if (error instanceof Refusal && codes.includes(error.code)) return error
  throw error
}

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

/** The key as what signs, for a generation of this name. */
export const namedKey = ({ signer, publicKey }: AuthorityKey, name: string): NamedKey => ({
  key: signer,
  algorithm: signer.algorithm,
  publicKey: publicKey.keyObject,
  spki: publicKey.spki,
  name,
})

/**
 * Signs what is prepared as the certificate of an authority.
 * @returns DER Certificate.
 * @throws {Refusal} `signer-unavailable` or `signature-unverified`
 */
export const signAuthority = async (
  prepared: Prepared,
  key: AuthorityKey,
  requestId: string,
): Promise<Uint8Array> => {
  const signature = await signPrepared(prepared, namedKey(key, key.reference), requestId)
  return encodeCertificate(prepared.octets, key.signer.algorithm, signature)
}
