import { hash } from 'node:crypto'
import { Refusal } from '../errors/refusal.ts'
import { checkDer } from './checkDer.ts'
import { DerError, DerReader } from './derReader.ts'
import { derTag } from './derTag.ts'
import { encodeBitString, encodeSequence } from './encodeElement.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from './signatureAlgorithm.ts'
import { parseTbsCertificate, type TbsCertificate } from './tbsCertificate.ts'

/** A certificate taken apart, RFC 5280 section 4.1. */
export interface Certificate {
  /** DER Certificate. */
  readonly der: Uint8Array
  readonly tbs: TbsCertificate
  /** DER TBSCertificate: the octets that were signed. */
  readonly signed: Uint8Array
  /** Value of the signature BIT STRING. */
  readonly signature: Uint8Array
}

/** Puts a certificate together from its signed TBSCertificate. */
export const encodeCertificate = (
  tbs: Uint8Array,
  algorithm: SignatureAlgorithm,
  signature: Uint8Array,
): Uint8Array => encodeSequence(tbs, signatureAlgorithms[algorithm].identifier, encodeBitString(signature))

const maxDepth = 12

const parse = (der: Uint8Array): Certificate => {
  checkDer(der, maxDepth)
  const members = new DerReader(der).enter(derTag.sequence)
  const signed = members.read(derTag.sequence).encoding
  const algorithm = members.read(derTag.sequence).encoding
  const signature = members.readOctetAlignedBitString()
  members.end()
  const tbs = parseTbsCertificate(signed)
  if (Buffer.compare(signatureAlgorithms[tbs.signature].identifier, algorithm) !== 0) {
    throw new DerError('its two signature algorithms differ')
  }
  return { der, tbs, signed, signature }
}

/**
 * Parses a certificate as strict DER. Does not verify its signature.
 * @throws {Refusal} `certificate-malformed`
 */
export const parseCertificate = (der: Uint8Array): Certificate => {
  try {
    return parse(der)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Refusal('certificate-malformed', `Cannot read the certificate: ${error.message}.`)
  }
}

/** The value of the extension, DER of its own type; undefined when the certificate lacks it. */
export const extensionValue = (tbs: TbsCertificate, oid: string): Uint8Array | undefined =>
  tbs.extensions.find((extension) => extension.oid === oid)?.value

/** The serial number as lower-case hex, as `openssl x509 -serial` prints it but for case. */
export const serialNumberHex = (tbs: TbsCertificate): string => Buffer.from(tbs.serialNumber).toString('hex')

/** SHA-256 of the DER certificate in lower-case hex. */
export const certificateDigest = (der: Uint8Array): string => hash('sha256', der)
