import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { encodeBitString, encodeNull, encodeOid, encodeSequence } from '../../../../lib/x509/encodeElement.ts'
import { encodeName } from '../../../../lib/x509/encodeName.ts'
import { signatureAlgorithms } from '../../../../lib/x509/signatureAlgorithm.ts'
import { assembleCsr, ed25519Spki } from '../../../lib/x509/fixtures/csr.ts'
import { encodePoint, prime, smallOrderPoints } from '../../../lib/x509/fixtures/edwards25519.ts'
import { numberOf, octets } from '../../../lib/x509/fixtures/octets.ts'
import { subject, type Vectors } from './request.ts'

/** R is the neutral point and S is 0: with a key A of small order it verifies whenever hash * A is neutral. */
const forged = Buffer.concat([octets('01'), new Uint8Array(63)])

const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n

/** The hash of RFC 8032 section 5.1.7 step 2, as OpenSSL multiplies with it. */
const challenge = (point: Uint8Array, info: Uint8Array): bigint => {
  const digest = createHash('sha512').update(forged.subarray(0, 32)).update(point).update(info).digest()
  return numberOf(digest.toReversed()) % order
}

/** A request that verifies without any private key: names are tried until the hash is a multiple of 8. */
const forgedFor = (point: Uint8Array): Uint8Array => {
  for (let attempt = 0; ; attempt++) {
    const tried = { hash: 1n }
    const der = assembleCsr({
      subject: encodeName([['CN', `mallory-${attempt}@fabrikam.example`]]),
      spki: ed25519Spki(point),
      algorithm: signatureAlgorithms.EdDSA.identifier,
      signature: (info) => {
        tried.hash = challenge(point, info)
        return forged
      },
    })
    if (tried.hash % 8n === 0n) return der
  }
}

/** A request signed by a key, whose SubjectPublicKeyInfo shows its point in another way. */
const shown = (spki: (point: Uint8Array) => Uint8Array) => () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return assembleCsr({
    subject,
    spki: spki(point),
    algorithm: signatureAlgorithms.EdDSA.identifier,
    signature: (info) => sign(null, info, privateKey),
  })
}

const yOfOrder8 = smallOrderPoints()
  .map(({ y }) => y)
  .filter((y) => y > 1n && y < prime - 1n)
  .toSorted((a, b) => (a < b ? -1 : 1))

/** Requests of Ed25519 keys that the profile refuses; those of small order carry a signature that verifies. */
export const ed25519KeyVectors: Vectors = {
  'csr-key-refused/ed25519-order-1.der': () => forgedFor(encodePoint(1n, 0)),
  'csr-key-refused/ed25519-order-2.der': () => forgedFor(encodePoint(prime - 1n, 0)),
  'csr-key-refused/ed25519-order-4.der': () => forgedFor(encodePoint(0n, 0)),
  'csr-key-refused/ed25519-order-8.der': () => forgedFor(encodePoint(yOfOrder8[0] ?? 0n, 0)),
  'csr-key-refused/ed25519-order-1-not-canonical.der': () => forgedFor(encodePoint(prime + 1n, 0)),
  'csr-key-refused/ed25519-31-octets.der': shown((point) => ed25519Spki(point.subarray(1))),
  'csr-key-refused/ed25519-33-octets.der': shown((point) =>
    ed25519Spki(Buffer.concat([point, octets('00')])),
  ),
  'csr-key-refused/ed25519-empty.der': shown(() => ed25519Spki(octets(''))),
  'csr-malformed/ed25519-key-parameters-null.der': shown((point) =>
    encodeSequence(encodeSequence(encodeOid('1.3.101.112'), encodeNull()), encodeBitString(point)),
  ),
  'csr-malformed/ed25519-key-in-octet-string.der': shown((point) =>
    encodeSequence(encodeSequence(encodeOid('1.3.101.112')), Buffer.concat([octets('04 20'), point])),
  ),
  // y = 2: x^2 is not a square, so no point has it. Ed25519 keys are decoded only where a signature is checked.
  'csr-signature-invalid/ed25519-point-off-curve.der': shown(() => ed25519Spki(encodePoint(2n, 0))),
}
