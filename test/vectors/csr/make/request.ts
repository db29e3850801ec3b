import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { derTag } from '../../../../lib/x509/derTag.ts'
import {
  encodeContext,
  encodeElement,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeTrue,
} from '../../../../lib/x509/encodeElement.ts'
import type { Extension } from '../../../../lib/x509/extension.ts'
import { encodeName } from '../../../../lib/x509/encodeName.ts'
import { assembleCsr, type CsrMembers, signedBy } from '../../../lib/x509/fixtures/csr.ts'

/** What makes each file, by its path below this folder's parent; called only where the file is missing. */
export type Vectors = Readonly<Record<string, () => Uint8Array | string>>

/** Makes an EC key on a curve that node:crypto knows. */
export const newEcKey = (namedCurve = 'P-256'): KeyObject =>
  generateKeyPairSync('ec', { namedCurve }).privateKey

/** The subject of every request: a name that no certificate of the tests' user may show. */
export const subject = encodeName([
  ['O', 'Fabrikam'],
  ['CN', 'mallory@fabrikam.example'],
])

/** A request of a new P-256 key that is good but for these members, which it is signed over. */
export const request = (changes: Partial<CsrMembers> = {}): Uint8Array =>
  assembleCsr({ subject, ...signedBy(newEcKey(), 'ES256'), ...changes })

/** The dotted types of the attributes that the files have. */
export const attributeType = {
  challengePassword: '1.2.840.113549.1.9.7',
  unstructuredName: '1.2.840.113549.1.9.2',
  extensionRequest: '1.2.840.113549.1.9.14',
} as const

/** An Attribute of these encoded values, RFC 2986 section 4. */
export const attribute = (type: string, ...values: readonly Uint8Array[]): Uint8Array =>
  encodeSequence(encodeOid(type), encodeElement(derTag.set, ...values))

/** A request with these encoded attributes. */
export const requestWith = (...attributes: readonly Uint8Array[]): Uint8Array =>
  request({ attributes: encodeContext(0, ...attributes) })

/** A SEQUENCE of extensions. */
export const extensions = (...members: readonly Extension[]): Uint8Array =>
  encodeSequence(
    ...members.map(({ oid, critical, value }) =>
      encodeSequence(encodeOid(oid), ...(critical ? [encodeTrue()] : []), encodeOctetString(value)),
    ),
  )

/** A request that asks for these extensions, RFC 2985 section 5.4.2. */
export const requestFor = (...members: readonly Extension[]): Uint8Array =>
  requestWith(attribute(attributeType.extensionRequest, extensions(...members)))

/** An INTEGER of these contents octets, whatever they are. */
export const integer = (...contents: readonly Uint8Array[]): Uint8Array =>
  encodeElement(derTag.integer, ...contents)

/** The octets with some of them replaced. */
export const replaced = (octets: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array => {
  const at = Buffer.from(octets).indexOf(from)
  if (at < 0) throw new Error('The octets to be replaced are not there.')
  return Buffer.concat([octets.subarray(0, at), to, octets.subarray(at + from.length)])
}

/** The octets with the lowest bit of one of them changed; counted from the end when negative. */
export const flipped = (octets: Uint8Array, index: number): Uint8Array => {
  const changed = Uint8Array.from(octets)
  const at = index < 0 ? octets.length + index : index
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}
