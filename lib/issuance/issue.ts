import type { KeyUse, SignerPool } from '../authority/sign/signerPool.ts'
import type { Validity } from '../profile/leafProfile.ts'
import { encodeCertificate } from '../x509/certificate.ts'
import type { PreparedLeaf } from './prepare.ts'

/** One signed leaf, not yet recorded: it must not leave the process before it is. */
export interface Issued {
  /** DER Certificate. */
  readonly certificate: Uint8Array
  /** Lower-case hex. */
  readonly serialNumber: string
  readonly validity: Validity
  /** The id of the issuer's generation. */
  readonly issuerId: string
  /** The UUID that the key was given with what it signed. */
  readonly requestId: string
  /** The id under which the key's own log shows the signature; empty for a local key. */
  readonly vaultRequestId: string
}

/**
 * Signs a prepared leaf once.
 * @param use the UUID that the key is given, and the time that it has.
 * @throws {Refusal} `signer-unavailable`, also when the signature does not verify
 */
export const issue = async (leaf: PreparedLeaf, signers: SignerPool, use: KeyUse): Promise<Issued> => {
  const { issuer, prepared, serialNumber, validity } = leaf
  const { signature, requestId, vaultRequestId } = await signers.sign(issuer, prepared, use)
  return {
    certificate: encodeCertificate(prepared.octets, issuer.algorithm, signature),
    serialNumber: Buffer.from(serialNumber).toString('hex'),
    validity,
    issuerId: issuer.generation.id,
    requestId,
    vaultRequestId,
  }
}
