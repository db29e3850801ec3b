import { decodeUtf8, DerError, DerReader } from './derReader.ts'
import { contextTag, derTag } from './derTag.ts'
import {
  encodeBitString,
  encodeContext,
  encodeElement,
  encodeNull,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeSmallInteger,
  encodeTrue,
  encodeUtf8String,
} from './encodeElement.ts'

/** One extension, RFC 5280 section 4.1. */
export interface Extension {
  /** Dotted decimal. */
  readonly oid: string
  readonly critical: boolean
  /** DER of the extension's own type: what extnValue's OCTET STRING holds. */
  readonly value: Uint8Array
}

/** Object identifiers of the extensions Mayfly writes, and of those it must never write. */
export const extensionOid = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  freshestCRL: '2.5.29.46',
  noRevAvail: '2.5.29.56',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  securityIdentifier: '1.3.6.1.4.1.311.25.2',
} as const

/** id-kp-clientAuth, RFC 5280 section 4.2.1.12. */
export const clientAuthOid = '1.3.6.1.5.5.7.3.2'

/** anyPolicy, RFC 5280 section 4.2.1.4. */
export const anyPolicyOid = '2.5.29.32.0'

/** The otherName type of a user principal name, [MS-WCCE] section 2.2.2.7.7.4 and RFC 4556's peers on Windows. */
const upnOid = '1.3.6.1.4.1.311.20.2.3'

/** The otherName type inside the SID extension, [MS-WCCE] section 2.2.2.7.7.4 (szOID_NTDS_OBJECTSID). */
const objectSidOid = '1.3.6.1.4.1.311.25.2.1'

/** Named bits of KeyUsage, RFC 5280 section 4.2.1.3, by their bit number. */
const keyUsageBits = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const

/** A key usage Mayfly writes. */
export type KeyUsage = keyof typeof keyUsageBits

const extension = (oid: string, value: Uint8Array, critical = false): Extension => ({ oid, critical, value })

/** keyUsage, always critical. A named bit list has no trailing zero bits (X.690 section 11.2.2). */
export const keyUsage = (usages: readonly KeyUsage[]): Extension => {
  const bits = usages.reduce((octet, usage) => octet | (0x80 >> keyUsageBits[usage]), 0)
  const unusedBits = 31 - Math.clz32(bits & -bits)
  return extension(extensionOid.keyUsage, encodeBitString(Uint8Array.of(bits), unusedBits), true)
}

/** extKeyUsage of dotted key purposes, not critical. */
export const extKeyUsage = (purposes: readonly string[]): Extension =>
  extension(extensionOid.extKeyUsage, encodeSequence(...purposes.map(encodeOid)))

/** basicConstraints of a CA, critical; without a pathLenConstraint when none is given. */
export const basicConstraintsCa = (pathLenConstraint?: number): Extension => {
  const pathLen = pathLenConstraint === undefined ? [] : [encodeSmallInteger(pathLenConstraint)]
  return extension(extensionOid.basicConstraints, encodeSequence(encodeTrue(), ...pathLen), true)
}

/** subjectKeyIdentifier, RFC 5280 section 4.2.1.2. */
export const subjectKeyIdentifier = (identifier: Uint8Array): Extension =>
  extension(extensionOid.subjectKeyIdentifier, encodeOctetString(identifier))

/** authorityKeyIdentifier with the keyIdentifier alone, RFC 5280 section 4.2.1.1. */
export const authorityKeyIdentifier = (identifier: Uint8Array): Extension =>
  extension(
    extensionOid.authorityKeyIdentifier,
    encodeSequence(encodeElement(contextTag(0, false), identifier)),
  )

/** certificatePolicies of dotted policies without qualifiers, not critical. */
export const certificatePolicies = (policies: readonly string[]): Extension =>
  extension(
    extensionOid.certificatePolicies,
    encodeSequence(...policies.map((policy) => encodeSequence(encodeOid(policy)))),
  )

/** noRevAvail, RFC 9608 section 2: not critical, NULL. */
export const noRevAvail = (): Extension => extension(extensionOid.noRevAvail, encodeNull())

/**
 * The security identifier of an Active Directory account, [MS-WCCE] section 2.2.2.7.7.4, not critical:
 * GeneralNames { [0] { OID 1.3.6.1.4.1.311.25.2.1, [0] EXPLICIT OCTET STRING of the ASCII SID } }.
 */
export const securityIdentifier = (sid: string): Extension => {
  const value = encodeContext(0, encodeOctetString(Buffer.from(sid, 'latin1')))
  const names = encodeSequence(encodeContext(0, encodeOid(objectSidOid), value))
  return extension(extensionOid.securityIdentifier, names)
}

/** A GeneralName that Mayfly writes, RFC 5280 section 4.2.1.6. */
export type GeneralName =
  | { readonly kind: 'upn'; readonly value: string }
  | { readonly kind: 'rfc822Name'; readonly value: string }
  | { readonly kind: 'dNSName'; readonly value: string }
  | { readonly kind: 'uniformResourceIdentifier'; readonly value: string }
  | { readonly kind: 'iPAddress'; readonly value: Uint8Array }

const ascii = (text: string) => Buffer.from(text, 'latin1')

const encodeGeneralName = (name: GeneralName): Uint8Array => {
  switch (name.kind) {
    case 'upn':
      return encodeContext(0, encodeOid(upnOid), encodeContext(0, encodeUtf8String(name.value)))
    case 'rfc822Name':
      return encodeElement(contextTag(1, false), ascii(name.value))
    case 'dNSName':
      return encodeElement(contextTag(2, false), ascii(name.value))
    case 'uniformResourceIdentifier':
      return encodeElement(contextTag(6, false), ascii(name.value))
    case 'iPAddress':
      return encodeElement(contextTag(7, false), name.value)
  }
}

/** subjectAltName, not critical: every certificate of Mayfly's has a subject (RFC 5280 section 4.2.1.6). */
export const subjectAltName = (names: readonly GeneralName[]): Extension =>
  extension(extensionOid.subjectAltName, encodeSequence(...names.map(encodeGeneralName)))

const whole = <T>(value: Uint8Array, read: (reader: DerReader) => T): T => {
  const reader = new DerReader(value)
  const result = read(reader)
  reader.end()
  return result
}

const list = <T>(reader: DerReader, read: (members: DerReader) => T): readonly T[] => {
  const members = reader.enter(derTag.sequence)
  const items: T[] = []
  while (!members.atEnd) items.push(read(members))
  return items
}

/** Decodes keyUsage, a named bit list, into the numbers of its set bits. @throws {DerError} */
export const decodeKeyUsage = (value: Uint8Array): readonly number[] => {
  const { octets, unusedBits } = whole(value, (reader) => reader.readBitString())
  const last = octets.at(-1) ?? 0
  if (((last >> unusedBits) & 1) === 0) throw new DerError('a named bit list is empty or ends in a zero bit')
  const bits: number[] = []
  for (let bit = 0; bit < octets.length * 8; bit++) {
    if (((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) bits.push(bit)
  }
  return bits
}

/** Decodes extKeyUsage into dotted key purposes. @throws {DerError} */
export const decodeExtKeyUsage = (value: Uint8Array): readonly string[] =>
  whole(value, (reader) => list(reader, (members) => members.readOid()))

/** Decodes certificatePolicies without qualifiers into dotted policies. @throws {DerError} */
export const decodeCertificatePolicies = (value: Uint8Array): readonly string[] =>
  whole(value, (reader) =>
    list(reader, (members) => {
      const information = members.enter(derTag.sequence)
      const policy = information.readOid()
      information.end()
      return policy
    }),
  )

/** Decodes basicConstraints. @throws {DerError} */
export const decodeBasicConstraints = (value: Uint8Array): { ca: boolean; pathLenConstraint?: number } =>
  whole(value, (reader) => {
    const members = reader.enter(derTag.sequence)
    const ca = members.readDefaultFalse()
    const pathLen = members.atEnd ? {} : { pathLenConstraint: members.readSmallInteger() }
    members.end()
    return { ca, ...pathLen }
  })

/** Decodes subjectKeyIdentifier. @throws {DerError} */
export const decodeSubjectKeyIdentifier = (value: Uint8Array): Uint8Array =>
  whole(value, (reader) => reader.read(derTag.octetString).contents)

/** Decodes an authorityKeyIdentifier that holds the keyIdentifier alone. @throws {DerError} */
export const decodeAuthorityKeyIdentifier = (value: Uint8Array): Uint8Array =>
  whole(value, (reader) => {
    const members = reader.enter(derTag.sequence)
    const { contents } = members.read(contextTag(0, false))
    members.end()
    return contents
  })

/** The text of an IA5String, or of a SID. */
const decodeAscii = (octets: Uint8Array): string => {
  if (octets.some((octet) => octet >= 0x80)) throw new DerError('a name is not ASCII')
  return Buffer.from(octets).toString('latin1')
}

/** An otherName: dotted type-id and the tag and contents of its value. */
const decodeOtherName = (reader: DerReader) => {
  const type = reader.readOid()
  const value = reader.enter(contextTag(0, true))
  reader.end()
  const { tag, contents } = value.readAny()
  value.end()
  return { type, tag, contents }
}

const textNames: Readonly<Record<number, 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'>> = {
  [contextTag(1, false)]: 'rfc822Name',
  [contextTag(2, false)]: 'dNSName',
  [contextTag(6, false)]: 'uniformResourceIdentifier',
}

const decodeGeneralName = (members: DerReader): GeneralName | undefined => {
  const { tag, contents } = members.readAny()
  const kind = textNames[tag]
  if (kind) return { kind, value: decodeAscii(contents) }
  if (tag === contextTag(7, false)) return { kind: 'iPAddress', value: contents }
  if (tag !== contextTag(0, true)) return undefined
  const other = decodeOtherName(new DerReader(contents))
  const isUpn = other.type === upnOid && other.tag === derTag.utf8String
  return isUpn ? { kind: 'upn', value: decodeUtf8(other.contents) } : undefined
}

/** Decodes subjectAltName; a name of a kind Mayfly does not write is undefined. @throws {DerError} */
export const decodeSubjectAltName = (value: Uint8Array): readonly (GeneralName | undefined)[] =>
  whole(value, (reader) => list(reader, decodeGeneralName))

/** Decodes the SID extension; undefined when it does not hold exactly one SID. @throws {DerError} */
export const decodeSecurityIdentifier = (value: Uint8Array): string | undefined =>
  whole(value, (reader) => {
    const others = list(reader, (members) => decodeOtherName(members.enter(contextTag(0, true))))
    const [only, ...more] = others
    if (!only || more.length > 0 || only.type !== objectSidOid || only.tag !== derTag.octetString)
      return undefined
    return decodeAscii(only.contents)
  })
