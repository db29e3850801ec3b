import { Refusal } from '../errors/refusal.ts'
import { checkDer, DerError, DerReader } from './derReader.ts'
import { contextTag, derTag } from './derTag.ts'
import { readName } from './name.ts'
import { oidText } from './oidText.ts'
import { decodeBase64, parseCsrPem } from './pem.ts'
import { keyHash, parsePublicKey, type PublicKey } from './publicKey.ts'
import {
  type SignatureAlgorithm,
  signatureAlgorithmOf,
  signatureAlgorithms,
  verifiesSignature,
} from './signatureAlgorithm.ts'

/** The most octets a certification request may have. */
export const maxCsrOctets = 16 * 1024

/** The deepest nesting of a request: names and extension requests need eight levels. */
const maxDepth = 12

/** How a certification request travels: RFC 7468 text, DER octets, or the base64 of DER without a frame. */
export type CsrEncoding = 'pem' | 'der' | 'base64'

const refuse = (why: string) => new Refusal('csr-malformed', `Cannot read the certification request: ${why}.`)

const doubt = (why: string) =>
  new Refusal('csr-signature-invalid', `Cannot accept the certification request: ${why}.`)

/**
 * Decodes the transport encoding of a certification request.
 * @returns DER CertificationRequest, not yet parsed.
 * @throws {Refusal} `csr-malformed`
 */
export const decodeCsr = (encoding: CsrEncoding, octets: Uint8Array): Uint8Array => {
  if (octets.length === 0) throw refuse('it is empty')
  if (encoding === 'der') return octets
  const text = Buffer.from(octets).toString('latin1')
  if (encoding === 'pem') return parseCsrPem(text, ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'])
  const der = decodeBase64(text)
  if (!der) throw refuse('its base64 is broken')
  return der
}

interface ParsedCsr {
  readonly signed: Uint8Array
  readonly spki: Uint8Array
  /** DER AlgorithmIdentifier. */
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Evidence: a certification request whose sender holds the private key. It carries the key and nothing else,
 * because nothing else of a request may reach a certificate. Only verifyCsr() makes one.
 */
class VerifiedCsr {
  readonly #publicKey: PublicKey
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly keyHash: string

  constructor(publicKey: PublicKey) {
    this.#publicKey = publicKey
    this.keyHash = keyHash(publicKey.spki)
  }

  get publicKey(): PublicKey {
    return this.#publicKey
  }
}
export type { VerifiedCsr }

/**
 *     CertificationRequest ::= SEQUENCE {
 *         certificationRequestInfo  CertificationRequestInfo,
 *         signatureAlgorithm        AlgorithmIdentifier,
 *         signature                 BIT STRING }
 *
 *     CertificationRequestInfo ::= SEQUENCE {
 *         version        INTEGER { v1(0) },
 *         subject        Name,
 *         subjectPKInfo  SubjectPublicKeyInfo,
 *         attributes     [0] IMPLICIT SET OF Attribute }         RFC 2986 section 4
 */
const parseCsr = (der: Uint8Array): ParsedCsr => {
  checkDer(der, maxDepth)
  const request = new DerReader(der).enter(derTag.sequence)
  const info = request.read(derTag.sequence)
  const algorithm = request.read(derTag.sequence)
  const signature = request.readOctetAlignedBitString()
  request.end()
  const members = new DerReader(info.contents)
  if (members.readSmallInteger() !== 0) throw refuse('its version is not 0 (v1)')
  readName(members)
  const spki = members.read(derTag.sequence).encoding
  members.read(contextTag(0, true))
  members.end()
  return { signed: info.encoding, spki, algorithm: algorithm.encoding, signature }
}

const parsing = <T>(parse: () => T): T => {
  try {
    return parse()
  } catch (error) {
    throw error instanceof DerError ? refuse(error.message) : error
  }
}

const accepted = 'ECDSA or RSA (PKCS #1 v1.5) with SHA-256, SHA-384 or SHA-512, or Ed25519'

const isKnown = (oid: string) => Object.values(signatureAlgorithms).some((known) => known.oid === oid)

/**
 * Resolves the algorithm that signed the request. Wrong parameters are wrong syntax; an algorithm that Mayfly does
 * not take (SHA-1, RSASSA-PSS, ...) is well formed, but proves nothing to it.
 */
const resolveAlgorithm = (identifier: Uint8Array): SignatureAlgorithm => {
  const algorithm = signatureAlgorithmOf(identifier)
  if (algorithm) return algorithm
  const oid = new DerReader(identifier).enter(derTag.sequence).readOid()
  if (isKnown(oid)) throw refuse(`the parameters of its signature algorithm ${oid} are wrong`)
  throw doubt(`its signature algorithm ${oidText(oid)} is not ${accepted}`)
}

/**
 * Parses a PKCS#10 certification request (RFC 2986) as strict DER, holds its key to the profile's rules and
 * verifies the proof of possession. Names and attributes are checked for syntax and dropped.
 *
 * @param der DER CertificationRequest, at most 16 KiB.
 * @throws {Refusal} `csr-malformed`, `csr-key-refused` or `csr-signature-invalid`
 */
export const verifyCsr = (der: Uint8Array): VerifiedCsr => {
  if (der.length > maxCsrOctets) throw refuse(`it has ${der.length} octets, the limit is ${maxCsrOctets}`)
  const { signed, spki, algorithm: identifier, signature } = parsing(() => parseCsr(der))
  const publicKey = parsing(() => parsePublicKey(spki))
  const algorithm = parsing(() => resolveAlgorithm(identifier))
  if (!verifiesSignature({ algorithm, publicKey: publicKey.keyObject, signed, signature })) {
    throw doubt('its signature does not verify')
  }
  return new VerifiedCsr(publicKey)
}
