import 'reflect-metadata'
import type { KeyObject } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'

/**
 * Makes a certification request (PKCS#10, RFC 2986) for an EC P-256 key, with an empty subject: the CA takes the
 * key and nothing else.
 * @returns DER CertificationRequest.
 */
export const createCsr = async (privateKey: KeyObject, publicKey: KeyObject): Promise<Uint8Array> => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: '',
    keys: {
      privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
      publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
    },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  })
  return new Uint8Array(request.rawData)
}
