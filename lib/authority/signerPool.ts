import { Refusal } from '../errors/refusal.ts'
import type { Signer, SignerSource } from '../keys/signer.ts'
import { verifiesSignature } from '../x509/signatureAlgorithm.ts'
import type { Issuer } from './authority.ts'

const unavailable = (issuer: Issuer, cause: unknown) =>
  new Refusal('signer-unavailable', `Cannot sign: the key of ${issuer.generation.id} does not answer.`, {
    cause,
    retryAfterSeconds: 5,
  })

/** Keeps one signer a key, opened at its first use; a failed opening is tried again by the next caller. */
export const signerPool = (source: SignerSource) => {
  const opened = new Map<string, Promise<Signer>>()
  const open = (keyReference: string): Promise<Signer> => {
    const signer = opened.get(keyReference) ?? source.open(keyReference)
    opened.set(keyReference, signer)
    signer.catch(() => opened.delete(keyReference))
    return signer
  }
  return {
    /**
     * Signs with the key of an issuer and verifies the signature with the public key of its certificate.
     * @throws {Refusal} `signer-unavailable` or `signature-unverified`
     */
    async sign(issuer: Issuer, tbs: Uint8Array, requestId: string): Promise<Uint8Array> {
      const { generation, algorithm, publicKey } = issuer
      let signature: Uint8Array
      try {
        signature = await (await open(generation.keyReference)).sign(tbs, requestId)
      } catch (error) {
        throw unavailable(issuer, error)
      }
      if (verifiesSignature({ algorithm, publicKey, signed: tbs, signature })) return signature
      throw new Refusal(
        'signature-unverified',
        `Cannot use the signature: it does not verify with the certificate of ${generation.id}.`,
      )
    },
  }
}

/** The signers of a process. */
export type SignerPool = ReturnType<typeof signerPool>
