import { contextTag, derTag } from './derTag.ts'

/** How many octets follow the first octet of a length, X.690 section 8.1.3. */
const moreLengthOctets = (length: number): number => {
  if (length < 0x80) return 0
  if (length < 0x100) return 1
  if (length < 0x10000) return 2
  if (length > 0xffffff) throw new RangeError('An element has at most 16,777,215 octets.')
  return 3
}

/** Encodes one element with this identifier octet; its contents are the parts, one after the other. */
export const encodeElement = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0
  for (const part of parts) length += part.length
  const more = moreLengthOctets(length)
  let offset = 2 + more
  const encoding = new Uint8Array(offset + length)
  encoding[0] = tag
  encoding[1] = more === 0 ? length : 0x80 | more
  for (let index = 0; index < more; index++) encoding[offset - 1 - index] = length >> (8 * index)
  for (const part of parts) {
    encoding.set(part, offset)
    offset += part.length
  }
  return encoding
}

/** Encodes a SEQUENCE of encoded members. */
export const encodeSequence = (...members: readonly Uint8Array[]): Uint8Array =>
  encodeElement(derTag.sequence, ...members)

/**
 * Sorts the encoded members of a SET OF as X.690 section 11.6 wants it. No encoding is the beginning of another, so the zeros
 * with which the shorter are filled there never matter.
 */
export const inDerOrder = (encodings: readonly Uint8Array[]): readonly Uint8Array[] =>
  encodings.toSorted((a, b) => Buffer.compare(a, b))

/** Encodes a SET OF encoded members, whatever the order given. */
export const encodeSetOf = (...members: readonly Uint8Array[]): Uint8Array =>
  encodeElement(derTag.set, ...inDerOrder(members))

/** Encodes `[number] EXPLICIT` around an encoded element, or a constructed `[number] IMPLICIT` of its members. */
export const encodeContext = (number: number, ...members: readonly Uint8Array[]): Uint8Array =>
  encodeElement(contextTag(number, true), ...members)

/** Encodes an INTEGER from 0 to 127. */
export const encodeSmallInteger = (value: number): Uint8Array => {
  if (!Number.isInteger(value) || value < 0 || value > 127) {
    throw new RangeError('A small integer is from 0 to 127.')
  }
  return encodeElement(derTag.integer, Uint8Array.of(value))
}

/** Encodes an INTEGER that is not negative from its big-endian octets, minimally (X.690 section 8.3.2). */
export const encodeUnsigned = (octets: Uint8Array): Uint8Array => {
  const first = octets.findIndex((octet) => octet !== 0)
  const magnitude = first === -1 ? Uint8Array.of(0) : octets.subarray(first)
  const isHigh = (magnitude[0] ?? 0) >= 0x80
  return encodeElement(derTag.integer, ...(isHigh ? [Uint8Array.of(0)] : []), magnitude)
}

/** Encodes BOOLEAN TRUE; FALSE is always a DEFAULT that DER leaves out. */
export const encodeTrue = (): Uint8Array => encodeElement(derTag.boolean, Uint8Array.of(0xff))

/** Encodes NULL. */
export const encodeNull = (): Uint8Array => encodeElement(derTag.null)

/** Encodes an OCTET STRING. */
export const encodeOctetString = (octets: Uint8Array): Uint8Array => encodeElement(derTag.octetString, octets)

/** Encodes a BIT STRING whose last octet has this many bits of padding. */
export const encodeBitString = (octets: Uint8Array, unusedBits = 0): Uint8Array =>
  encodeElement(derTag.bitString, Uint8Array.of(unusedBits), octets)

/** Encodes a UTF8String. */
export const encodeUtf8String = (text: string): Uint8Array =>
  encodeElement(derTag.utf8String, Buffer.from(text, 'utf8'))

/** Appends an arc in base 128; all octets but the last have the high bit (X.690 section 8.19.2). */
const pushArc = (octets: number[], arc: bigint): void => {
  const digits = [Number(arc & 0x7fn)]
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) digits.unshift(Number(rest & 0x7fn) | 0x80)
  octets.push(...digits)
}

/** Appends an arc of one octet, as most are, or of more. */
const pushDigits = (octets: number[], digits: string): void => {
  const arc = digits.length < 4 ? Number(digits) : Number.NaN
  if (arc < 0x80) octets.push(arc)
  else pushArc(octets, BigInt(digits))
}

/** Encodes an OBJECT IDENTIFIER from dotted decimal; an arc beneath 2.25 has 128 bits (X.667 section 7). */
export const encodeOid = (dotted: string): Uint8Array => {
  const [root = '', second = '', ...arcs] = dotted.split('.')
  const octets: number[] = []
  pushArc(octets, BigInt(root) * 40n + BigInt(second))
  for (const arc of arcs) pushDigits(octets, arc)
  return encodeElement(derTag.oid, new Uint8Array(octets))
}

/**
 * Encodes a Time of RFC 5280 section 4.1.2.5: UTCTime through the year 2049, GeneralizedTime after it.
 * Fractions of a second are cut. Neither form can say a year before 1950 or after 9999.
 */
export const encodeTime = (time: Date): Uint8Array => {
  if (!(time.getUTCFullYear() >= 1950 && time.getUTCFullYear() <= 9999)) {
    throw new RangeError('A time of a certificate is from 1950 to 9999.')
  }
  const digits = time.toISOString().replace(/\.\d+|[-:T]/g, '')
  return time.getUTCFullYear() < 2050
    ? encodeElement(derTag.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : encodeElement(derTag.generalizedTime, Buffer.from(digits, 'latin1'))
}
