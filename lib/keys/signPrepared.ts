import type { KeyObject } from 'node:crypto'
import { Refusal } from '../errors/refusal.ts'
import { claim, type Prepared, type SignerKey } from '../prepared/prepared.ts'
import { type SignatureAlgorithm, verifiesSignature } from '../x509/signatureAlgorithm.ts'
import { probeOctets, type SigningKey } from './signer.ts'

/** A key that signs, and the public half that its certificate says it has. */
export interface NamedKey {
  readonly key: SigningKey
  readonly algorithm: SignatureAlgorithm
  readonly publicKey: KeyObject
  /** The same public key, as DER SubjectPublicKeyInfo. */
  readonly spki: SignerKey
  /** The id of the generation. */
  readonly name: string
}

/** Tells how a key is asked: its own log shows it. */
type Asked = Parameters<SigningKey['probe']>

const checkSignature = (
  { algorithm, publicKey, name }: NamedKey,
  signed: Uint8Array,
  signature: Uint8Array,
) => {
  if (verifiesSignature({ algorithm, publicKey, signed, signature })) return signature
  throw new Refusal(
    'signature-unverified',
    `Cannot use the signature: it does not verify with the public key of ${name}.`,
  )
}

/**
 * Signs what is prepared for this key, and verifies the signature: the one place where signatures that count are made.
 * @returns the value of the X.509 signature BIT STRING.
 * @throws {Refusal} `signature-unverified`, and those of SigningKey.sign()
 * @throws {Error} for what was prepared for another key, or is spent
 */
export const signPrepared = async (
  prepared: Prepared,
  by: NamedKey,
  ...asked: Asked
): Promise<Uint8Array> => {
  claim(prepared, by.spki)
  return checkSignature(by, prepared.octets, await by.key.sign(prepared, ...asked))
}

/** Has a key sign the probe, and verifies the signature. @throws as signPrepared() */
export const probeKey = async (by: NamedKey, ...asked: Asked): Promise<void> => {
  checkSignature(by, probeOctets, await by.key.probe(...asked))
}
