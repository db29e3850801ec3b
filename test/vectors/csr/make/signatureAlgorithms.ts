import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { derTag } from '../../../../lib/x509/derTag.ts'
import {
  encodeElement,
  encodeNull,
  encodeOctetString,
  encodeOid,
  encodeSequence,
} from '../../../../lib/x509/encodeElement.ts'
import { signatureAlgorithms } from '../../../../lib/x509/signatureAlgorithm.ts'
import { assembleCsr, opensslCsr, signedBy } from '../../../lib/x509/fixtures/csr.ts'
import { newEcKey, request, subject, type Vectors } from './request.ts'

const newRsaKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const newEd25519Key = () => generateKeyPairSync('ed25519').privateKey

const identifier = (oid: string, ...parameters: readonly Uint8Array[]) =>
  encodeSequence(encodeOid(oid), ...parameters)

/** A request of a key that is signed with a digest, under this AlgorithmIdentifier. */
const signedWith = (key: KeyObject, digest: string | null, algorithm: Uint8Array) =>
  assembleCsr({
    subject,
    spki: createPublicKey(key).export({ format: 'der', type: 'spki' }),
    algorithm,
    signature: (info) => sign(digest, info, key),
  })

/** A request of an RSA key, signed with RSASSA-PSS as the parameters of RFC 4055 say. */
const pss = () => opensslCsr(['rsa:2048'], ['-sigopt', 'rsa_padding_mode:pss'])

/** A good signature that is called another one. */
const called = (own: 'ES256' | 'RS256' | 'EdDSA', claimed: keyof typeof signatureAlgorithms) => () => {
  const key = { ES256: newEcKey, RS256: newRsaKey, EdDSA: newEd25519Key }[own]()
  return assembleCsr({
    subject,
    ...signedBy(key, own),
    algorithm: signatureAlgorithms[claimed].identifier,
  })
}

const rs256 = signatureAlgorithms.RS256.oid
const es256 = signatureAlgorithms.ES256.oid
const eddsa = signatureAlgorithms.EdDSA.oid

/** Good signatures of good keys under an algorithm that is not taken, not theirs, or wrongly written. */
export const signatureAlgorithmVectors: Vectors = {
  'csr-signature-invalid/algorithm-rsa-md5.der': () =>
    signedWith(newRsaKey(), 'md5', identifier('1.2.840.113549.1.1.4', encodeNull())),
  'csr-signature-invalid/algorithm-rsa-sha1.der': () =>
    signedWith(newRsaKey(), 'sha1', identifier('1.2.840.113549.1.1.5', encodeNull())),
  'csr-signature-invalid/algorithm-rsa-pss.pem': pss,
  'csr-signature-invalid/algorithm-ecdsa-sha1.der': () =>
    signedWith(newEcKey(), 'sha1', identifier('1.2.840.10045.4.1')),
  'csr-signature-invalid/algorithm-ecdsa-sha224.der': () =>
    signedWith(newEcKey(), 'sha224', identifier('1.2.840.10045.4.3.1')),
  'csr-signature-invalid/algorithm-ecdsa-sha3-256.der': () =>
    signedWith(newEcKey(), 'sha3-256', identifier('2.16.840.1.101.3.4.3.10')),
  'csr-signature-invalid/algorithm-is-a-digest.der': () =>
    signedWith(newEcKey(), 'sha256', identifier('2.16.840.1.101.3.4.2.1')),
  'csr-signature-invalid/algorithm-is-the-key-algorithm.der': () =>
    signedWith(newRsaKey(), 'sha256', identifier('1.2.840.113549.1.1.1', encodeNull())),
  // RFC 5272 section 6.1: no signature at all, for keys that cannot sign; the value is the plain hash.
  'csr-signature-invalid/algorithm-no-signature.der': () =>
    request({
      algorithm: identifier('1.3.6.1.5.5.7.6.2', encodeNull()),
      signature: (info) => createHash('sha256').update(info).digest(),
    }),
  'csr-signature-invalid/algorithm-of-long-oid.der': () =>
    request({ algorithm: encodeSequence(encodeElement(derTag.oid, new Uint8Array(2000).fill(0x2a))) }),
  'csr-signature-invalid/algorithm-rsa-for-ec-key.der': called('ES256', 'RS256'),
  'csr-signature-invalid/algorithm-ed25519-for-ec-key.der': called('ES256', 'EdDSA'),
  'csr-signature-invalid/algorithm-ecdsa-for-rsa-key.der': called('RS256', 'ES256'),
  'csr-signature-invalid/algorithm-ed25519-for-rsa-key.der': called('RS256', 'EdDSA'),
  'csr-signature-invalid/algorithm-ecdsa-for-ed25519-key.der': called('EdDSA', 'ES256'),
  'csr-signature-invalid/algorithm-sha384-for-sha256-signature.der': called('ES256', 'ES384'),
  'csr-signature-invalid/algorithm-sha512-for-sha256-signature.der': called('RS256', 'RS512'),
  'accepted/algorithm-rsa-null-missing.der': () => signedWith(newRsaKey(), 'sha256', identifier(rs256)),
  'csr-malformed/algorithm-rsa-parameters-octets.der': () =>
    signedWith(newRsaKey(), 'sha256', identifier(rs256, encodeOctetString(new Uint8Array(8)))),
  'csr-malformed/algorithm-rsa-null-twice.der': () =>
    signedWith(newRsaKey(), 'sha256', identifier(rs256, encodeNull(), encodeNull())),
  'accepted/algorithm-ecdsa-null-present.der': () =>
    signedWith(newEcKey(), 'sha256', identifier(es256, encodeNull())),
  'csr-malformed/algorithm-ecdsa-curve-present.der': () =>
    signedWith(newEcKey(), 'sha256', identifier(es256, encodeOid('1.2.840.10045.3.1.7'))),
  'csr-malformed/algorithm-ed25519-null-present.der': () =>
    signedWith(newEd25519Key(), null, identifier(eddsa, encodeNull())),
  'csr-malformed/algorithm-empty.der': () => signedWith(newEcKey(), 'sha256', encodeSequence()),
  'csr-malformed/algorithm-bare-oid.der': () => signedWith(newEcKey(), 'sha256', encodeOid(es256)),
  'accepted/ecdsa-sha384-with-p256.der': () =>
    signedWith(newEcKey(), 'sha384', signatureAlgorithms.ES384.identifier),
  'accepted/ecdsa-sha256-with-p384.der': () =>
    signedWith(newEcKey('P-384'), 'sha256', signatureAlgorithms.ES256.identifier),
  'accepted/ecdsa-sha512-with-p384.der': () =>
    signedWith(newEcKey('P-384'), 'sha512', signatureAlgorithms.ES512.identifier),
  'accepted/rsa-sha512.der': () => signedWith(newRsaKey(), 'sha512', signatureAlgorithms.RS512.identifier),
  'accepted/ed25519.der': () => signedWith(newEd25519Key(), null, signatureAlgorithms.EdDSA.identifier),
}
