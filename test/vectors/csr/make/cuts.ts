import { generateKeyPairSync } from 'node:crypto'
import { DerReader } from '../../../../lib/x509/derReader.ts'
import { contextTag, derTag } from '../../../../lib/x509/derTag.ts'
import { encodeSequence, encodeUtf8String } from '../../../../lib/x509/encodeElement.ts'
import { assembleCsr, signedBy } from '../../../lib/x509/fixtures/csr.ts'
import { attribute, attributeType, requestWith, subject, type Vectors } from './request.ts'

const whole = () => requestWith(attribute(attributeType.challengePassword, encodeUtf8String('tr0ub4dor')))

/** The encodings of the structures of a request. */
const structuresOf = (der: Uint8Array) => {
  const outer = new DerReader(der).enter(derTag.sequence)
  const info = outer.readAny()
  const members = new DerReader(info.contents)
  const version = members.readAny().encoding
  const name = members.readAny().encoding
  const spki = members.readAny()
  const key = new DerReader(spki.contents)
  return {
    version,
    name,
    spki: spki.encoding,
    keyAlgorithm: key.readAny().encoding,
    keyBits: key.readAny().encoding,
    attributes: members.read(contextTag(0, true)).encoding,
    info: info.encoding,
    algorithm: outer.readAny().encoding,
    signature: outer.readAny().encoding,
  }
}

type Structure = keyof ReturnType<typeof structuresOf>

/** The file ends in the middle of a structure: after its header and half of its contents. */
const cutIn = (structure: Structure) => () => {
  const der = whole()
  const part = structuresOf(der)[structure]
  const start = part.byteOffset - der.byteOffset
  return der.subarray(0, start + Math.ceil((part.length + 1) / 2))
}

const short = (encoding: Uint8Array) => encoding.subarray(0, -1)

/** A request whose info ends one octet before its last member does; every length around that member is right. */
const infoEndingIn = (last: (parts: ReturnType<typeof structuresOf>) => readonly Uint8Array[]) => () => {
  const parts = structuresOf(whole())
  return encodeSequence(encodeSequence(...last(parts)), parts.algorithm, parts.signature)
}

/** A request that is good but for what its SubjectPublicKeyInfo holds. */
const keyHolding = (members: (parts: ReturnType<typeof structuresOf>) => readonly Uint8Array[]) => () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const signed = signedBy(key, 'ES256')
  const parts = structuresOf(assembleCsr({ subject, ...signed }))
  return assembleCsr({ subject, ...signed, spki: encodeSequence(...members(parts)) })
}

/** Requests that end too early: the file itself, or one structure within what holds it. */
export const cutVectors: Vectors = {
  'csr-malformed/cut-after-outer-tag.der': () => whole().subarray(0, 1),
  'csr-malformed/cut-in-outer-length.der': () => whole().subarray(0, 2),
  'csr-malformed/cut-after-outer-header.der': () => whole().subarray(0, 4),
  'csr-malformed/cut-in-info.der': cutIn('info'),
  'csr-malformed/cut-in-version.der': cutIn('version'),
  'csr-malformed/cut-in-subject.der': cutIn('name'),
  'csr-malformed/cut-in-spki.der': cutIn('spki'),
  'csr-malformed/cut-in-key-algorithm.der': cutIn('keyAlgorithm'),
  'csr-malformed/cut-in-key-bit-string.der': cutIn('keyBits'),
  'csr-malformed/cut-in-attributes.der': cutIn('attributes'),
  'csr-malformed/cut-in-signature-algorithm.der': cutIn('algorithm'),
  'csr-malformed/cut-in-signature.der': cutIn('signature'),
  'csr-malformed/cut-last-octet.der': () => short(whole()),
  'csr-malformed/short-version.der': infoEndingIn(({ version }) => [short(version)]),
  'csr-malformed/short-subject.der': infoEndingIn(({ version, name }) => [version, short(name)]),
  'csr-malformed/short-spki.der': infoEndingIn(({ version, name, spki }) => [version, name, short(spki)]),
  'csr-malformed/short-attributes.der': infoEndingIn(({ version, name, spki, attributes }) => [
    version,
    name,
    spki,
    short(attributes),
  ]),
  'csr-malformed/short-key-algorithm.der': keyHolding(({ keyAlgorithm }) => [short(keyAlgorithm)]),
  'csr-malformed/short-key-bit-string.der': keyHolding(({ keyAlgorithm, keyBits }) => [
    keyAlgorithm,
    short(keyBits),
  ]),
  'csr-malformed/short-signature-algorithm.der': () => {
    const { info, algorithm } = structuresOf(whole())
    return encodeSequence(info, short(algorithm))
  },
  'csr-malformed/short-signature.der': () => {
    const { info, algorithm, signature } = structuresOf(whole())
    return encodeSequence(info, algorithm, short(signature))
  },
}
