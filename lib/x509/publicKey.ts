import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { Refusal } from '../errors/refusal.ts'
import { DerError, DerReader } from './derReader.ts'
import { derTag } from './derTag.ts'
import { isRocaModulus, hasSmallOrder } from './isRocaModulus.ts'
import { encodePem } from './pemBlock.ts'

/** The most characters of an object identifier that a detail repeats: those of public registries are shorter. */
const maxCharacters = 64

/**
 * Writes an object identifier of a request into a refusal's detail. The sender chose it, and 16 KiB of arcs would
 * make a detail of 32,000 characters: a long one is only counted.
 */
export const oidText = (dotted: string): string =>
  dotted.length <= maxCharacters ? dotted : `(an object identifier of ${dotted.length} characters)`

/** Describes a subject public key to the rules and names that depend on it. Integers are unsigned, big-endian. */
export type PublicKeyShape =
  | { readonly kind: 'ec'; readonly curve: 'P-256' | 'P-384'; readonly x: Uint8Array; readonly y: Uint8Array }
  | { readonly kind: 'rsa'; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  | { readonly kind: 'ed25519'; readonly point: Uint8Array }

/** A public key that passed every rule a subject key must pass. */
export interface PublicKey {
  /** DER SubjectPublicKeyInfo, RFC 5280 section 4.1.2.7. */
  readonly spki: Uint8Array
  /** The octets of its subjectPublicKey BIT STRING. */
  readonly bits: Uint8Array
  readonly shape: PublicKeyShape
  /** The same key for node:crypto, which has checked that an EC point is on its curve. */
  readonly keyObject: KeyObject
}

const oid = {
  ecPublicKey: '1.2.840.10045.2.1',
  rsaEncryption: '1.2.840.113549.1.1.1',
  ed25519: '1.3.101.112',
}

const curves: Readonly<Record<string, { readonly curve: 'P-256' | 'P-384'; readonly octets: number }>> = {
  '1.2.840.10045.3.1.7': { curve: 'P-256', octets: 32 },
  '1.3.132.0.34': { curve: 'P-384', octets: 48 },
}

const refuse = (why: string): never => {
  throw new Refusal('csr-key-refused', `Cannot accept the key: ${why}.`)
}

/** RFC 5480 section 2: named curve, uncompressed point. */
const readEc = (parameters: DerReader, point: Uint8Array): PublicKeyShape => {
  if (parameters.nextTag !== derTag.oid) return refuse('its EC parameters are not a named curve')
  const name = parameters.readOid()
  const known = curves[name] ?? refuse(`its curve ${oidText(name)} is neither P-256 nor P-384`)
  if (point[0] !== 0x04 || point.length !== 1 + 2 * known.octets) {
    return refuse(`its ${known.curve} point is not in the uncompressed form`)
  }
  const x = point.subarray(1, 1 + known.octets)
  return { kind: 'ec', curve: known.curve, x, y: point.subarray(1 + known.octets) }
}

const bitLength = (magnitude: Uint8Array): number => magnitude.length * 8 - Math.clz32(magnitude[0] ?? 0) + 24

/** A positive INTEGER without its sign octet. */
const readPositive = (reader: DerReader, what: string): Uint8Array => {
  const contents = reader.readInteger()
  if ((contents[0] ?? 0) >= 0x80 || contents.every((octet) => octet === 0)) {
    return refuse(`its ${what} is not positive`)
  }
  return contents[0] === 0x00 ? contents.subarray(1) : contents
}

/** RFC 8017 appendix A.1.1; RFC 3279 section 2.3.1: the parameters are NULL. */
const readRsa = (parameters: DerReader, bits: Uint8Array): PublicKeyShape => {
  if (parameters.read(derTag.null).contents.length > 0) throw new DerError('a null is not empty')
  const whole = new DerReader(bits)
  const key = whole.enter(derTag.sequence)
  whole.end()
  const modulus = readPositive(key, 'modulus')
  const exponent = readPositive(key, 'exponent')
  key.end()
  const length = bitLength(modulus)
  if (length < 2048 || length > 4096) return refuse(`its modulus has ${length} bits, not 2048 to 4096`)
  if (Buffer.from(exponent).toString('hex') !== '010001') return refuse('its exponent is not 65537')
  if (((modulus.at(-1) ?? 0) & 1) === 0) return refuse('its modulus is even')
  if (isRocaModulus(modulus)) return refuse('its modulus has the fingerprint of CVE-2017-15361 (ROCA)')
  return { kind: 'rsa', modulus, exponent }
}

/** RFC 8410 section 4. Anyone can sign for a point of small order, so such a key proves nothing. */
const readEd25519 = (_parameters: DerReader, point: Uint8Array): PublicKeyShape => {
  if (point.length !== 32) return refuse('its Ed25519 point does not have 32 octets')
  if (hasSmallOrder(point)) return refuse('its Ed25519 point has a small order')
  return { kind: 'ed25519', point }
}

const readers: Readonly<Record<string, (parameters: DerReader, bits: Uint8Array) => PublicKeyShape>> = {
  [oid.ecPublicKey]: readEc,
  [oid.rsaEncryption]: readRsa,
  [oid.ed25519]: readEd25519,
}

const importKey = (spki: Uint8Array): KeyObject => {
  try {
    // As PEM because node:crypto takes half as long over that as over the same octets in DER.
    return createPublicKey(encodePem('PUBLIC KEY', spki))
  } catch {
    return refuse('it is not a point of its curve, or otherwise not a key')
  }
}

/**
 * Parses a subject key and holds it to the profile's key rules: EC P-256 or P-384, RSA of 2048 to 4096 bits with
 * e = 65537 and no ROCA fingerprint, Ed25519.
 *
 *     SubjectPublicKeyInfo  ::=  SEQUENCE  {
 *         algorithm            AlgorithmIdentifier,
 *         subjectPublicKey     BIT STRING  }
 *
 * @param spki DER SubjectPublicKeyInfo.
 * @throws {Refusal} `csr-key-refused`
 * @throws {DerError} where the structure is not DER.
 */
export const parsePublicKey = (spki: Uint8Array): PublicKey => {
  const whole = new DerReader(spki)
  const members = whole.enter(derTag.sequence)
  whole.end()
  const algorithm = members.enter(derTag.sequence)
  const name = algorithm.readOid()
  const bits = members.readOctetAlignedBitString()
  members.end()
  const read = readers[name] ?? refuse(`its algorithm ${oidText(name)} is not known`)
  const shape = read(algorithm, bits)
  algorithm.end()
  return { spki, bits, shape, keyObject: importKey(spki) }
}

const base64url = (octets: Uint8Array) => Buffer.from(octets).toString('base64url')

/** The required members of the key's JWK in lexicographic order, RFC 7638 section 3.2. */
const thumbprintInput = (shape: PublicKeyShape): Record<string, string> => {
  switch (shape.kind) {
    case 'ec':
      return { crv: shape.curve, kty: 'EC', x: base64url(shape.x), y: base64url(shape.y) }
    case 'rsa':
      return { e: base64url(shape.exponent), kty: 'RSA', n: base64url(shape.modulus) }
    case 'ed25519':
      return { crv: 'Ed25519', kty: 'OKP', x: base64url(shape.point) }
  }
}

/** The key's JWK SHA-256 thumbprint (RFC 7638) in base64url, as `cnf.jkt` of RFC 9449 names a key. */
export const jwkThumbprint = ({ shape }: PublicKey): string =>
  hash('sha256', JSON.stringify(thumbprintInput(shape)), 'base64url')

/** SHA-256 of the DER SubjectPublicKeyInfo in lower-case hex: how Mayfly names a key. */
export const keyHash = (spki: Uint8Array): string => hash('sha256', spki)

/** The subject key identifier of RFC 7093 section 2, method 1: the leftmost 160 bits of SHA-256 of the key bits. */
export const keyIdentifier = (bits: Uint8Array): Uint8Array => hash('sha256', bits, 'buffer').subarray(0, 20)
