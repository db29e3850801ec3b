import { encodeElement, encodeOid, encodeSequence, encodeUtf8String } from './encodeElement.ts'
import { decodeUtf8, type DerElement, DerReader } from './derReader.ts'
import { derTag } from './derTag.ts'

/** The attribute types Mayfly writes into names, RFC 5280 appendix A.1. */
const attributeTypes = { CN: '2.5.4.3', O: '2.5.4.10' } as const

/** One relative distinguished name: an attribute type and its value. */
export type NameAttribute = readonly [type: keyof typeof attributeTypes, value: string]

const encodedTypes = {
  CN: encodeOid(attributeTypes.CN),
  O: encodeOid(attributeTypes.O),
}

/** Encodes a Name, RFC 5280 section 4.1.2.4: one UTF8String attribute per RDN, in the order given. */
export const encodeName = (attributes: readonly NameAttribute[]): Uint8Array =>
  encodeSequence(
    ...attributes.map(([type, value]) =>
      encodeElement(derTag.set, encodeSequence(encodedTypes[type], encodeUtf8String(value))),
    ),
  )

/** One attribute of a Name as it was read: dotted type, and its value where it is a UTF8String. */
export interface DecodedAttribute {
  readonly type: string
  readonly utf8: string | undefined
}

/** One attribute of a Name with its value of any type. */
export interface NamedValue {
  /** Dotted object identifier. */
  readonly type: string
  readonly value: DerElement
}

/** AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY } */
const readAttribute = (rdn: DerReader): NamedValue => {
  const attribute = rdn.enter(derTag.sequence)
  const type = attribute.readOid()
  const value = attribute.readAny()
  attribute.end()
  return { type, value }
}

/**
 * Reads a Name, whatever its attributes are.
 *
 *     RDNSequence               ::= SEQUENCE OF RelativeDistinguishedName
 *     RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
 *
 * @returns DER Name.
 * @throws {DerError}
 */
export const readName = (members: DerReader): Uint8Array => {
  const name = members.read(derTag.sequence)
  const rdns = name.enter()
  while (!rdns.atEnd) {
    const rdn = rdns.enter(derTag.set)
    do readAttribute(rdn)
    while (!rdn.atEnd)
  }
  return name.encoding
}

/**
 * Decodes a Name of single-valued RDNs.
 * @throws {DerError}
 */
export const decodeName = (name: Uint8Array): readonly DecodedAttribute[] => {
  const attributes: DecodedAttribute[] = []
  const whole = new DerReader(name)
  const rdns = whole.enter(derTag.sequence)
  whole.end()
  while (!rdns.atEnd) {
    const rdn = rdns.enter(derTag.set)
    const { type, value } = readAttribute(rdn)
    rdn.end()
    const utf8 = value.tag === derTag.utf8String ? decodeUtf8(value.contents) : undefined
    attributes.push({ type, utf8 })
  }
  return attributes
}

/**
 * Decodes a Name with whatever it holds: the attributes of each RDN.
 * @param name DER Name.
 * @throws {DerError}
 */
export const decodeRdns = (name: Uint8Array): readonly (readonly NamedValue[])[] => {
  const whole = new DerReader(name)
  const members = whole.enter(derTag.sequence)
  whole.end()
  const rdns: NamedValue[][] = []
  while (!members.atEnd) {
    const rdn = members.enter(derTag.set)
    const attributes: NamedValue[] = []
    do attributes.push(readAttribute(rdn))
    while (!rdn.atEnd)
    rdns.push(attributes)
  }
  return rdns
}
