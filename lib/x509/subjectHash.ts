import { createHash } from 'node:crypto'
import { decodeDirectoryString } from './decodeDirectoryString.ts'
import type { DerElement } from './derReader.ts'
import { derTag } from './derTag.ts'
import { encodeElement, encodeOid, encodeSequence, encodeUtf8String } from './encodeElement.ts'
import { decodeRdns, type NamedValue } from './encodeName.ts'

/** ASCII alone is folded: what OpenSSL calls a space, and letters. */
const fold = (text: string): string =>
  text
    .replace(/^[\t-\r ]+|[\t-\r ]+$/g, '')
    .replace(/[\t-\r ]+/g, ' ')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** A NumericString, and what is no string, counts as it is. */
const canonicalValue = (value: DerElement): Uint8Array => {
  const text = value.tag === derTag.numericString ? undefined : decodeDirectoryString(value)
  return text === undefined ? value.encoding : encodeUtf8String(fold(text))
}

const canonicalRdn = (attributes: readonly NamedValue[]): Uint8Array => {
  const encoded = attributes.map(({ type, value }) => encodeSequence(encodeOid(type), canonicalValue(value)))
  return encodeElement(derTag.set, ...encoded.toSorted((left, right) => Buffer.compare(left, right)))
}

/**
 * Computes the hash by which OpenSSL 1.0 and later find a CA in a folder: the first four octets, the last of them first, of
 * the SHA-1 of the canonical encoding, which has no outer SEQUENCE. It identifies nothing: names that differ may share it.
 * @param name DER Name.
 * @returns eight hexadecimal digits, as `openssl x509 -subject_hash` prints them.
 * @throws {DerError}
 */
export const subjectHash = (name: Uint8Array): string => {
  const digest = createHash('sha1')
    .update(Buffer.concat(decodeRdns(name).map(canonicalRdn)))
    .digest()
  return digest.readUInt32LE().toString(16).padStart(8, '0')
}
