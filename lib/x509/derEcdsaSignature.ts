import { DerError, DerReader } from './derReader.ts'
import { derTag } from './derTag.ts'
import { encodeSequence, encodeUnsigned } from './encodeElement.ts'

const fixedWidth = (integer: Uint8Array, octets: number): Uint8Array => {
  const magnitude = integer[0] === 0 ? integer.subarray(1) : integer
  if (magnitude.length > octets || (integer[0] ?? 0) >= 0x80) throw new DerError('r or s is out of range')
  const padded = new Uint8Array(octets)
  padded.set(magnitude, octets - magnitude.length)
  return padded
}

/**
 * Converts an ECDSA signature from X.509's form to that of JWS (RFC 7518 section 3.4).
 *
 *     Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }      RFC 3279 section 2.2.3
 *
 * @param octets the width of r and of s: 32 for P-256, 48 for P-384.
 * @returns r and s, big-endian, one after the other.
 * @throws {DerError} when it is no such signature.
 */
export const rawEcdsaSignature = (der: Uint8Array, octets: number): Uint8Array => {
  const reader = new DerReader(der)
  const members = reader.enter(derTag.sequence)
  reader.end()
  const [r, s] = [members.readInteger(), members.readInteger()]
  members.end()
  return Buffer.concat([fixedWidth(r, octets), fixedWidth(s, octets)])
}

/**
 * Converts an ECDSA signature from the form of JWS and Key Vault to that of X.509: the way back.
 * @param raw r and s, big-endian, of one width, one after the other.
 * @returns DER.
 */
export const derEcdsaSignature = (raw: Uint8Array): Uint8Array => {
  const width = raw.length / 2
  return encodeSequence(encodeUnsigned(raw.subarray(0, width)), encodeUnsigned(raw.subarray(width)))
}
