import { isUtf8 } from 'node:buffer'
import { latin1 } from '../text/decodeText.ts'
import {
  checkInteger,
  decodeBitString,
  decodeOid,
  type DerElement,
  DerError,
  DerReader,
  describeTag,
} from './derReader.ts'
import { derTag } from './derTag.ts'

/** X.690 sections 11.7 and 11.8: seconds, UTC, and a fraction without trailing zeros where there can be one. */
const timeForms: Readonly<Record<number, RegExp>> = {
  [derTag.utcTime]: /^\d{12}Z$/,
  [derTag.generalizedTime]: /^\d{14}(\.\d+(?<!0))?Z$/,
}

const checkTime = ({ tag, contents }: DerElement): void => {
  if (timeForms[tag]?.test(latin1(contents))) return
  throw new DerError('a time is not in the form of DER')
}

const checkWidth = (octets: number, octetsOfCharacter: number): void => {
  if (octets % octetsOfCharacter !== 0) throw new DerError('a text ends within a character')
}

const checkPrimitive = (element: DerElement): void => {
  const { tag, bytes, from, to } = element
  switch (tag) {
    case derTag.boolean:
      if (to - from !== 1 || (bytes[from] !== 0x00 && bytes[from] !== 0xff)) {
        throw new DerError('a boolean is neither 00 nor FF')
      }
      return
    case derTag.integer:
    case derTag.enumerated:
      return checkInteger(element)
    case derTag.bitString:
      decodeBitString(element)
      return
    case derTag.null:
      if (from !== to) throw new DerError('a null is not empty')
      return
    case derTag.oid:
      decodeOid(element)
      return
    case derTag.utcTime:
    case derTag.generalizedTime:
      return checkTime(element)
    case derTag.utf8String:
      if (!isUtf8(element.contents)) throw new DerError('a text is not UTF-8')
      return
    case derTag.universalString:
      return checkWidth(to - from, 4)
    case derTag.bmpString:
      return checkWidth(to - from, 2)
    default:
  }
}

const constructedOnly = new Set<number>([derTag.sequence, derTag.set])
const isConstructed = (tag: number) => (tag & 0x20) !== 0
const isUniversal = (tag: number) => (tag & 0xc0) === 0

/** X.690 section 11.6: the members of a SET OF are in the order of their encodings. PKIX has no other sets. */
const checkOrder = (previous: Uint8Array | undefined, encoding: Uint8Array): void => {
  if (previous && Buffer.compare(previous, encoding) > 0) {
    throw new DerError('the members of a set are not in order')
  }
}

const checkElement = (element: DerElement, levels: number): void => {
  const { tag } = element
  if (tag === 0) throw new DerError('an end-of-contents marker is not DER')
  if (!isConstructed(tag)) {
    if (constructedOnly.has(tag | 0x20) && isUniversal(tag)) {
      throw new DerError('a sequence or set is not constructed')
    }
    return checkPrimitive(element)
  }
  if (isUniversal(tag) && !constructedOnly.has(tag))
    throw new DerError(`a constructed ${describeTag(tag)} is not DER`)
  if (levels === 0) throw new DerError('elements are nested too deeply')
  const reader = element.enter()
  let previous: Uint8Array | undefined
  while (!reader.atEnd) {
    const member = reader.readAny()
    checkElement(member, levels - 1)
    if (tag !== derTag.set) continue
    checkOrder(previous, member.encoding)
    previous = member.encoding
  }
}

/**
 * Checks that the octets are exactly one DER element, down to every leaf, nested at most `maxDepth` levels.
 * Reads each octet a bounded number of times a level. The alphabets of character strings and the dates of times
 * are left to those who read them; so is the order of a SET OF behind an IMPLICIT tag, which looks like a SEQUENCE.
 * @throws {DerError} where they are not.
 */
export const checkDer = (bytes: Uint8Array, maxDepth: number): void => {
  const reader = new DerReader(bytes)
  checkElement(reader.readAny(), maxDepth)
  reader.end()
}
