import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { derTag } from '../../../../lib/x509/derTag.ts'
import {
  encodeBitString,
  encodeElement,
  encodeOid,
  encodeSequence,
} from '../../../../lib/x509/encodeElement.ts'
import { assembleCsr, opensslCsr } from '../../../lib/x509/fixtures/csr.ts'
import { newEcKey, request, subject, type Vectors } from './request.ts'

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** A request of this key pair, whose signature algorithm has no parameters. */
const signedBy = ({ publicKey, privateKey }: Pair, algorithm: string, digest: string | null) =>
  assembleCsr({
    subject,
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    algorithm: encodeSequence(encodeOid(algorithm)),
    signature: (info) => sign(digest, info, privateKey),
  })

/** The key agrees on secrets and cannot sign: another one does. */
const agreementKey = (publicKey: KeyObject) => () =>
  request({ spki: publicKey.export({ format: 'der', type: 'spki' }) })

const keyOfAlgorithm = (algorithm: Uint8Array) => () =>
  request({ spki: encodeSequence(encodeSequence(algorithm), encodeBitString(new Uint8Array(32).fill(9))) })

const mlDsa = '2.16.840.1.101.3.4.3.17'

/** Requests of keys of algorithms that the profile does not list. */
export const otherKeyVectors: Vectors = {
  'csr-key-refused/dsa-2048.der': () =>
    signedBy(
      generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }),
      '2.16.840.1.101.3.4.3.2',
      'sha256',
    ),
  'csr-key-refused/ed448.der': () => signedBy(generateKeyPairSync('ed448'), '1.3.101.113', null),
  'csr-key-refused/ml-dsa-44.der': () => signedBy(generateKeyPairSync('ml-dsa-44'), mlDsa, null),
  'csr-key-refused/rsa-pss-alone.pem': () => opensslCsr(['rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048']),
  'csr-key-refused/x25519.der': () => agreementKey(generateKeyPairSync('x25519').publicKey)(),
  'csr-key-refused/x448.der': () => agreementKey(generateKeyPairSync('x448').publicKey)(),
  'csr-key-refused/algorithm-unknown.der': keyOfAlgorithm(encodeOid('1.3.6.1.4.1.99999.2')),
  'csr-key-refused/algorithm-of-long-oid.der': keyOfAlgorithm(
    encodeElement(derTag.oid, new Uint8Array(2000).fill(0x2a)),
  ),
  'csr-key-refused/ed25519-with-ec-point.der': () =>
    request({
      spki: encodeSequence(
        encodeSequence(encodeOid('1.3.101.112')),
        encodeBitString(newEcKey().export({ format: 'der', type: 'sec1' }).subarray(-65)),
      ),
    }),
}
