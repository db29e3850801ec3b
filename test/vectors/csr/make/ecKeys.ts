import { type KeyObject, sign } from 'node:crypto'
import { derTag } from '../../../../lib/x509/derTag.ts'
import {
  encodeBitString,
  encodeElement,
  encodeNull,
  encodeOid,
  encodeSequence,
} from '../../../../lib/x509/encodeElement.ts'
import { signatureAlgorithms } from '../../../../lib/x509/signatureAlgorithm.ts'
import { assembleCsr, ecSpki, opensslCsr } from '../../../lib/x509/fixtures/csr.ts'
import { bigEndian, numberOf, octets } from '../../../lib/x509/fixtures/octets.ts'
import { flipped, newEcKey, subject, type Vectors } from './request.ts'

const curve = { p256: '1.2.840.10045.3.1.7', p384: '1.3.132.0.34', p521: '1.3.132.0.35' }
const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n

interface Point {
  readonly x: Uint8Array
  readonly y: Uint8Array
}

const pointOf = (key: KeyObject): Point => {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  return { x: Buffer.from(x, 'base64url'), y: Buffer.from(y, 'base64url') }
}

const join = (form: string, ...coordinates: readonly Uint8Array[]) =>
  Buffer.concat([octets(form), ...coordinates])

/** A request with this SubjectPublicKeyInfo, signed by the key with ECDSA and SHA-256 whatever that says. */
const withSpki = (key: KeyObject, spki: Uint8Array): Uint8Array =>
  assembleCsr({
    subject,
    spki,
    algorithm: signatureAlgorithms.ES256.identifier,
    signature: (info) => sign('sha256', info, key),
  })

/** A request whose P-256 point is written another way, signed by the key of that point. */
const written = (point: (of: Point) => Uint8Array) => () => {
  const key = newEcKey()
  return withSpki(key, ecSpki(curve.p256, point(pointOf(key))))
}

const parameterised =
  (...algorithm: readonly Uint8Array[]) =>
  () => {
    const key = newEcKey()
    const { x, y } = pointOf(key)
    return withSpki(key, encodeSequence(encodeSequence(...algorithm), encodeBitString(join('04', x, y))))
  }

const onCurve = (namedCurve: string, oid: string) => () => {
  const key = newEcKey(namedCurve)
  const { x, y } = pointOf(key)
  return withSpki(key, ecSpki(oid, join('04', x, y)))
}

const parity = (y: Uint8Array) => (y.at(-1) ?? 0) & 1

const power = (base: bigint, exponent: bigint): bigint => {
  if (exponent === 0n) return 1n
  const half = power(base, exponent / 2n)
  return (half * half * (exponent % 2n === 0n ? 1n : base)) % prime
}

/** A point of P-256 with so small an x that x + p still has 32 octets: x^3 - 3x + b is a square for some x below 50. */
const unreduced = (): Uint8Array => {
  const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn
  for (let x = 0n; x < 50n; x++) {
    const square = (x ** 3n - 3n * x + b + prime) % prime
    const y = power(square, (prime + 1n) / 4n)
    if ((y * y) % prime === square) return join('04', bigEndian(x + prime, 32), bigEndian(y, 32))
  }
  throw new Error('No small x is on the curve.')
}

const opensslKey =
  (...options: readonly string[]) =>
  () =>
    opensslCsr(['ec', ...options.flatMap((option) => ['-pkeyopt', option])])

/** Requests of EC keys that the profile refuses, signed by the key itself wherever it has a private half. */
export const ecKeyVectors: Vectors = {
  'csr-key-refused/ec-point-off-curve.der': written(({ x, y }) => join('04', x, flipped(y, -1))),
  'csr-key-refused/ec-point-x-off-curve.der': written(({ x, y }) =>
    join('04', bigEndian(numberOf(x) ^ 2n, 32), y),
  ),
  'csr-key-refused/ec-point-zero.der': written(() => join('04', new Uint8Array(64))),
  'csr-key-refused/ec-point-infinity.der': written(() => octets('00')),
  'csr-key-refused/ec-point-infinity-padded.der': written(() => new Uint8Array(65)),
  'csr-key-refused/ec-point-empty.der': written(() => octets('')),
  'csr-key-refused/ec-point-compressed.der': written(({ x, y }) => join(parity(y) ? '03' : '02', x)),
  'csr-key-refused/ec-point-hybrid.der': written(({ x, y }) => join(parity(y) ? '07' : '06', x, y)),
  'csr-key-refused/ec-point-hybrid-wrong-parity.der': written(({ x, y }) =>
    join(parity(y) ? '06' : '07', x, y),
  ),
  'csr-key-refused/ec-point-truncated.der': written(({ x, y }) => join('04', x, y.subarray(0, -1))),
  'csr-key-refused/ec-point-too-long.der': written(({ x, y }) => join('04', x, y, octets('00'))),
  'csr-key-refused/ec-point-without-form.der': written(({ x, y }) => join('', x, y)),
  'csr-key-refused/ec-coordinate-not-reduced.der': written(unreduced),
  'csr-key-refused/ec-p384-with-point-of-p256.der': onCurve('P-256', curve.p384),
  'csr-key-refused/ec-p256-with-point-of-p384.der': onCurve('P-384', curve.p256),
  'csr-key-refused/ec-p256-with-point-of-secp256k1.der': onCurve('secp256k1', curve.p256),
  'csr-key-refused/ec-p521.der': onCurve('P-521', curve.p521),
  'csr-key-refused/ec-secp256k1.der': onCurve('secp256k1', '1.3.132.0.10'),
  'csr-key-refused/ec-brainpool-p256r1.pem': opensslKey('group:brainpoolP256r1'),
  'csr-key-refused/ec-p224.pem': opensslKey('group:secp224r1'),
  'csr-key-refused/ec-explicit-parameters.pem': opensslKey('group:P-256', 'ec_param_enc:explicit'),
  'csr-key-refused/ec-parameters-null.der': parameterised(encodeOid('1.2.840.10045.2.1'), encodeNull()),
  'csr-key-refused/ec-parameters-missing.der': parameterised(encodeOid('1.2.840.10045.2.1')),
  'csr-key-refused/ec-curve-of-long-oid.der': parameterised(
    encodeOid('1.2.840.10045.2.1'),
    encodeElement(derTag.oid, new Uint8Array(2000).fill(0x2a)),
  ),
  'csr-key-refused/ec-for-ecdh-alone.der': parameterised(encodeOid('1.3.132.1.12'), encodeOid(curve.p256)),
}
