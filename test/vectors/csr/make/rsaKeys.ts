import { encodeBitString, encodeNull, encodeOid, encodeSequence } from '../../../../lib/x509/encodeElement.ts'
import { signatureAlgorithms } from '../../../../lib/x509/signatureAlgorithm.ts'
import { assembleCsr, rsaSpki } from '../../../lib/x509/fixtures/csr.ts'
import { bigEndian, octets } from '../../../lib/x509/fixtures/octets.ts'
import { integer, subject, type Vectors } from './request.ts'
import { newEvenNumbers, newRocaNumbers, newRsaNumbers, type RsaNumbers, signWith } from './rsaNumbers.ts'

const spkiOf = ({ modulus, exponent }: RsaNumbers) => rsaSpki(bigEndian(modulus), bigEndian(exponent))

/** A request signed by a key, RSA with SHA-256, which may show another one. */
const signed = (key: RsaNumbers, spki = spkiOf(key)): Uint8Array =>
  assembleCsr({
    subject,
    spki,
    algorithm: signatureAlgorithms.RS256.identifier,
    signature: (info) => signWith(key, info),
  })

const zero = octets('00')
const e = octets('01 00 01')
const positive = (value: bigint) => integer(zero, bigEndian(value))
const sized = (bits: number) => () => signed(newRsaNumbers(bits))
const raised = (exponent: bigint) => () => signed(newRsaNumbers(2048, exponent))

/** A request of an RSA-2048 key that works, whose RSAPublicKey is written another way. */
const written =
  (rsaPublicKey: (modulus: bigint) => Uint8Array, parameters = [encodeNull()]) =>
  () => {
    const key = newRsaNumbers(2048)
    const algorithm = encodeSequence(encodeOid('1.2.840.113549.1.1.1'), ...parameters)
    return signed(key, encodeSequence(algorithm, encodeBitString(rsaPublicKey(key.modulus))))
  }

const plain = (modulus: bigint) => encodeSequence(positive(modulus), integer(e))

/** Requests of RSA keys that the profile refuses. All are signed by the key they show wherever such a key can sign. */
export const rsaKeyVectors: Vectors = {
  'csr-key-refused/rsa-1024.der': sized(1024),
  'csr-key-refused/rsa-2047.der': sized(2047),
  'csr-key-refused/rsa-4097.der': sized(4097),
  'csr-key-refused/rsa-8192.der': sized(8192),
  'csr-key-refused/rsa-exponent-1.der': raised(1n),
  'csr-key-refused/rsa-exponent-3.der': raised(3n),
  'csr-key-refused/rsa-exponent-65539.der': raised(65_539n),
  'csr-key-refused/rsa-exponent-of-33-bits.der': raised(2n ** 32n + 15n),
  'csr-key-refused/rsa-exponent-of-1279-bits.der': raised(2n ** 1279n - 1n),
  'csr-key-refused/rsa-exponent-even.der': written((n) =>
    encodeSequence(positive(n), integer(octets('01 00 00'))),
  ),
  'csr-key-refused/rsa-exponent-zero.der': written((n) => encodeSequence(positive(n), integer(zero))),
  'csr-key-refused/rsa-exponent-negative.der': written((n) =>
    encodeSequence(positive(n), integer(octets('ff'))),
  ),
  'csr-key-refused/rsa-modulus-negative.der': written((n) =>
    encodeSequence(integer(bigEndian(n)), integer(e)),
  ),
  'csr-key-refused/rsa-modulus-zero.der': written(() => encodeSequence(integer(zero), integer(e))),
  'csr-key-refused/rsa-modulus-one.der': written(() => encodeSequence(integer(octets('01')), integer(e))),
  'csr-key-refused/rsa-modulus-even.der': () => signed(newEvenNumbers()),
  'csr-key-refused/rsa-modulus-roca.der': () => signed(newRocaNumbers()),
  'csr-malformed/rsa-modulus-not-minimal.der': written((n) =>
    encodeSequence(integer(zero, zero, bigEndian(n)), integer(e)),
  ),
  'csr-malformed/rsa-exponent-not-minimal.der': written((n) => encodeSequence(positive(n), integer(zero, e))),
  'csr-malformed/rsa-key-of-three-integers.der': written((n) =>
    encodeSequence(positive(n), integer(e), integer(e)),
  ),
  'csr-malformed/rsa-key-of-one-integer.der': written((n) => encodeSequence(positive(n))),
  'csr-malformed/rsa-key-trailing-octet.der': written((n) => Buffer.concat([plain(n), zero])),
  'csr-malformed/rsa-key-truncated.der': written((n) => plain(n).subarray(0, -1)),
  'csr-malformed/rsa-key-indefinite-length.der': written((n) =>
    Buffer.concat([octets('30 80'), positive(n), integer(e), octets('00 00')]),
  ),
  'csr-malformed/rsa-key-parameters-missing.der': written(plain, []),
  'csr-malformed/rsa-key-parameters-twice.der': written(plain, [encodeNull(), encodeNull()]),
}
