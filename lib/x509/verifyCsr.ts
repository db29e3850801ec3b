import { Refusal } from '../errors/refusal.ts'
import { refuseCsr as refuse, strangerRefusal } from './decodeCsr.ts'
import { DerError, type DerElement, DerReader } from './derReader.ts'
import { contextTag, derTag } from './derTag.ts'
import { keyHash, parsePublicKey, type PublicKey, oidText } from './publicKey.ts'
import {
  type SignatureAlgorithm,
  signatureAlgorithmNames,
  signatureAlgorithms,
  verifiesSignature,
} from './signatureAlgorithm.ts'

/** The most octets a certification request may have. */
export const maxCsrOctets = 16 * 1024

const doubt = (why: string) =>
  new Refusal('csr-signature-invalid', `Cannot accept the certification request: ${why}.`)

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

const readVersion = (members: DerReader): void => {
  const version = members.readSmallInteger()
  if (version !== 0) throw refuse(`its version is ${version}, not 0 (v1)`)
}

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
 *
 * Takes strict DER alone for all that reaches a certificate or proves possession. Drops subject and attributes, with whatever is
 * wrong within them: each is skipped as one element. Some encoders leave the attributes out.
 */
const parseCsr = (der: Uint8Array): ParsedCsr => {
  const whole = new DerReader(der)
  const request = whole.enter(derTag.sequence)
  whole.end()
  const info = request.read(derTag.sequence)
  const algorithm = request.read(derTag.sequence)
  const signature = request.readOctetAlignedBitString()
  request.end()
  const members = info.enter()
  readVersion(members)
  members.skip(derTag.sequence)
  const spki = members.read(derTag.sequence).encoding
  if (!members.atEnd) members.skip(contextTag(0, true))
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

/** Parses a request, or tells what else it is. */
const parseOrName = (der: Uint8Array): ParsedCsr => {
  try {
    return parsing(() => parseCsr(der))
  } catch (error) {
    throw strangerRefusal(der) ?? error
  }
}

const accepted = 'ECDSA or RSA (PKCS #1 v1.5) with SHA-256, SHA-384 or SHA-512, or Ed25519'

/** DER encoding of NULL. */
const isNull = ({ tag, from, to }: DerElement) => tag === derTag.null && from === to

/**
 * Resolves the algorithm that signed the request. RFC 4055 section 5 has readers accept RSA's NULL left out, and old
 * encoders write one with ECDSA; nothing is done with it, nor was it signed. EdDSA has none (RFC 8410 section 3). Other
 * parameters are wrong syntax; an algorithm that Mayfly does not take (SHA-1, RSASSA-PSS, ...) is well formed, but proves
 * nothing to it.
 */
const resolveAlgorithm = (identifier: Uint8Array): SignatureAlgorithm => {
  const members = new DerReader(identifier).enter(derTag.sequence)
  const oid = members.readOid()
  const name = signatureAlgorithmNames.find((known) => signatureAlgorithms[known].oid === oid)
  if (!name) throw doubt(`its signature algorithm ${oidText(oid)} is not ${accepted}`)
  if (members.atEnd) return name
  if (name !== 'EdDSA' && isNull(members.readAny()) && members.atEnd) return name
  throw refuse(`the parameters of its signature algorithm ${oid} are wrong`)
}

/**
 * Parses a PKCS#10 certification request (RFC 2986), holds its key to the profile's rules and
 * verifies the proof of possession. Names and attributes are dropped.
 *
 * @param der DER CertificationRequest, at most 16 KiB.
 * @throws {Refusal} `csr-malformed`, `csr-key-refused` or `csr-signature-invalid`
 */
export const verifyCsr = (der: Uint8Array): VerifiedCsr => {
  if (der.length > maxCsrOctets) throw refuse(`it has ${der.length} octets, the limit is ${maxCsrOctets}`)
  const { signed, spki, algorithm: identifier, signature } = parseOrName(der)
  const publicKey = parsing(() => parsePublicKey(spki))
  const algorithm = parsing(() => resolveAlgorithm(identifier))
  if (!verifiesSignature({ algorithm, publicKey: publicKey.keyObject, signed, signature })) {
    throw doubt('its signature does not verify')
  }
  return new VerifiedCsr(publicKey)
}
