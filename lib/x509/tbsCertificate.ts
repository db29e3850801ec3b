import { latin1 } from '../text/decodeText.ts'
import { checkDer } from './checkDer.ts'
import { DerError, DerReader } from './derReader.ts'
import { contextTag, derTag } from './derTag.ts'
import {
  encodeContext,
  encodeElement,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeSmallInteger,
  encodeTime,
  encodeTrue,
} from './encodeElement.ts'
import { type Extension, extensionOid } from './extension.ts'
import { readName } from './encodeName.ts'
import { type SignatureAlgorithm, signatureAlgorithmOf, signatureAlgorithms } from './signatureAlgorithm.ts'

/** Holds the members of RFC 5280 section 4.1. */
export interface TbsCertificate {
  /** Contents of the INTEGER: positive, big-endian, minimal, at most 20 octets. */
  readonly serialNumber: Uint8Array
  readonly signature: SignatureAlgorithm
  /** DER Name. */
  readonly issuer: Uint8Array
  /** First instant at which the certificate is valid; whole seconds. */
  readonly notBefore: Date
  /** Last second at which the certificate is valid, inclusive. */
  readonly notAfter: Date
  /** DER Name. */
  readonly subject: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly subjectPublicKeyInfo: Uint8Array
  /** In the order of their encoding. */
  readonly extensions: readonly Extension[]
}

const version3 = encodeContext(0, encodeSmallInteger(2))

/** The object identifiers of the extensions that Mayfly writes, encoded once. */
const encodedOids: ReadonlyMap<string, Uint8Array> = new Map(
  Object.values(extensionOid).map((oid) => [oid, encodeOid(oid)]),
)

/** Encodes one Extension, RFC 5280 section 4.1; `critical` only where it is TRUE. */
export const encodeExtension = ({ oid, critical, value }: Extension): Uint8Array =>
  encodeSequence(
    encodedOids.get(oid) ?? encodeOid(oid),
    ...(critical ? [encodeTrue()] : []),
    encodeOctetString(value),
  )

/**
 * Encodes a version 3 TBSCertificate.
 *
 *     TBSCertificate  ::=  SEQUENCE  {
 *         version         [0]  EXPLICIT Version DEFAULT v1,
 *         serialNumber         CertificateSerialNumber,
 *         signature            AlgorithmIdentifier,
 *         issuer               Name,
 *         validity             Validity,
 *         subject              Name,
 *         subjectPublicKeyInfo SubjectPublicKeyInfo,
 *         extensions      [3]  EXPLICIT Extensions OPTIONAL }
 */
export const encodeTbsCertificate = (tbs: TbsCertificate): Uint8Array =>
  encodeSequence(
    version3,
    encodeElement(derTag.integer, tbs.serialNumber),
    signatureAlgorithms[tbs.signature].identifier,
    tbs.issuer,
    encodeSequence(encodeTime(tbs.notBefore), encodeTime(tbs.notAfter)),
    tbs.subject,
    tbs.subjectPublicKeyInfo,
    encodeContext(3, encodeSequence(...tbs.extensions.map(encodeExtension))),
  )

/** Makes the contents of a serialNumber from random octets: positive and minimal (RFC 5280 section 4.1.2.2). */
export const serialNumberFrom = (random: Uint8Array): Uint8Array => {
  const serialNumber = new Uint8Array(random)
  // The first octet is neither zero nor negative, so what remains is minimal; six random bits of it are kept.
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x3f) | 0x40
  return serialNumber
}

const timeForms: Readonly<Record<number, RegExp>> = {
  [derTag.utcTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
  [derTag.generalizedTime]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
}

/** RFC 5280 section 4.1.2.5: UTCTime through 2049 and GeneralizedTime from 2050, both with seconds and in UTC. */
const readTime = (validity: DerReader): Date => {
  const { tag, contents } = validity.readAny()
  const match = timeForms[tag]?.exec(latin1(contents))
  if (!match) throw new DerError('a time has a form that RFC 5280 does not allow')
  const [, year = '', ...rest] = match
  const fullYear = year.length === 4 ? year : `${Number(year) < 50 ? '20' : '19'}${year}`
  const iso = `${fullYear}-${rest[0]}-${rest[1]}T${rest[2]}:${rest[3]}:${rest[4]}.000Z`
  const time = new Date(iso)
  // 30 February is read as a day of March.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) throw new DerError('a time does not exist')
  if ((tag === derTag.utcTime) !== Number(fullYear) < 2050) {
    throw new DerError('a time is not in the form of its year')
  }
  return time
}

const readExtension = (extensions: DerReader): Extension => {
  const members = extensions.enter(derTag.sequence)
  const oid = members.readOid()
  const critical = members.readDefaultFalse()
  const value = members.read(derTag.octetString).contents
  members.end()
  return { oid, critical, value }
}

const readExtensions = (members: DerReader): readonly Extension[] => {
  const wrapper = members.enter(contextTag(3, true))
  const list = wrapper.enter(derTag.sequence)
  wrapper.end()
  const extensions: Extension[] = []
  while (!list.atEnd) extensions.push(readExtension(list))
  return extensions
}

const readVersion3 = (members: DerReader): void => {
  const version = members.enter(contextTag(0, true))
  if (version.readSmallInteger() !== 2) throw new DerError('the version is not 3')
  version.end()
}

/** SubjectPublicKeyInfo  ::=  SEQUENCE  {  algorithm  AlgorithmIdentifier,  subjectPublicKey  BIT STRING  } */
const readPublicKeyInfo = (members: DerReader): Uint8Array => {
  const element = members.read(derTag.sequence)
  const info = element.enter()
  const algorithm = info.enter(derTag.sequence)
  algorithm.readOid()
  if (!algorithm.atEnd) algorithm.readAny()
  algorithm.end()
  info.readBitString()
  info.end()
  return element.encoding
}

/** The deepest nesting of a TBSCertificate: the values of extensions are octets here, names need four levels. */
const maxDepth = 12

/**
 * Parses a version 3 TBSCertificate with extensions and without unique identifiers, as strict DER.
 * @throws {DerError}
 */
export const parseTbsCertificate = (der: Uint8Array): TbsCertificate => {
  checkDer(der, maxDepth)
  const whole = new DerReader(der)
  const members = whole.enter(derTag.sequence)
  whole.end()
  readVersion3(members)
  const serialNumber = members.readInteger()
  const signature = signatureAlgorithmOf(members.read(derTag.sequence).encoding)
  if (!signature) throw new DerError('the signature algorithm is not known')
  const issuer = readName(members)
  const validity = members.enter(derTag.sequence)
  const notBefore = readTime(validity)
  const notAfter = readTime(validity)
  validity.end()
  const subject = readName(members)
  const subjectPublicKeyInfo = readPublicKeyInfo(members)
  const extensions = readExtensions(members)
  members.end()
  return { serialNumber, signature, issuer, notBefore, notAfter, subject, subjectPublicKeyInfo, extensions }
}
