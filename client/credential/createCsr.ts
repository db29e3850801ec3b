import { type KeyObject, sign } from 'node:crypto'
import { encodeCsr, encodeCsrInfo } from '../../lib/x509/encodeCsr.ts'
import { encodeSequence } from '../../lib/x509/encodeElement.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from '../../lib/x509/signatureAlgorithm.ts'

/** DER CertificationRequestInfo of a key, with an empty subject. */
const infoOf = (publicKey: KeyObject): Uint8Array => {
  const subjectPublicKeyInfo = publicKey.export({ format: 'der', type: 'spki' })
  return encodeCsrInfo({ subject: encodeSequence(), subjectPublicKeyInfo, extensions: [] })
}

/**
 * Makes the certification request of a key, with an empty subject: the CA takes the key and nothing else.
 * @returns DER CertificationRequest.
 */
export const createCsr = (
  privateKey: KeyObject,
  publicKey: KeyObject,
  algorithm: SignatureAlgorithm = 'ES256',
): Uint8Array => {
  const info = infoOf(publicKey)
  return encodeCsr(info, algorithm, sign(signatureAlgorithms[algorithm].digest, info, privateKey))
}

/**
 * Makes the certification request of a key that something else signs by.
 * @param signer gets what is to be signed, not hashed, and gives the value of the `signature` of X.509.
 * @returns DER CertificationRequest.
 */
export const csrSignedBy = async (
  publicKey: KeyObject,
  algorithm: SignatureAlgorithm,
  signer: (info: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> => {
  const info = infoOf(publicKey)
  return encodeCsr(info, algorithm, await signer(info))
}
