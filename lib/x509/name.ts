import { encodeElement, encodeOid, encodeSequence, encodeUtf8String } from './derWriter.ts'
import { DerReader } from './derReader.ts'
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
    const attribute = rdn.enter(derTag.sequence)
    rdn.end()
    const type = attribute.readOid()
    const value = attribute.readAny()
    attribute.end()
    const utf8 = value.tag === derTag.utf8String ? Buffer.from(value.contents).toString('utf8') : undefined
    attributes.push({ type, utf8 })
  }
  return attributes
}
