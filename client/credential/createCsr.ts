import { type KeyObject, sign } from 'node:crypto'
import { encodeCsr, encodeCsrInfo } from '../../lib/x509/encodeCsr.ts'
import { encodeSequence } from '../../lib/x509/encodeElement.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from '../../lib/x509/signatureAlgorithm.ts'

/**
 * Makes the certification request of a key, with an empty subject: the CA takes the key and nothing else.
 * @returns DER CertificationRequest.
 */
export const createCsr = (
  privateKey: KeyObject,
  publicKey: KeyObject,
  algorithm: SignatureAlgorithm = 'ES256',
): Uint8Array => {
  const subjectPublicKeyInfo = publicKey.export({ format: 'der', type: 'spki' })
  const info = encodeCsrInfo({ subject: encodeSequence(), subjectPublicKeyInfo, extensions: [] })
  return encodeCsr(info, algorithm, sign(signatureAlgorithms[algorithm].digest, info, privateKey))
}
