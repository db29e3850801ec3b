import { derTag } from '../../../../lib/x509/derTag.ts'
import {
  encodeElement,
  encodeNull,
  encodeOid,
  encodeSequence,
  encodeUtf8String,
} from '../../../../lib/x509/encodeElement.ts'
import { octets } from '../../../lib/x509/fixtures/octets.ts'
import { request, type Vectors } from './request.ts'

const commonName = encodeOid('2.5.4.3')
const rdn = (...attributes: readonly Uint8Array[]) => encodeElement(derTag.set, ...attributes)
const named = (...members: readonly Uint8Array[]) => encodeSequence(commonName, ...members)
const name = named(encodeUtf8String('mallory'))
const longerName = named(encodeUtf8String('mallory@fabrikam.example'))

/** A request whose subject is an RDNSequence of these encoded members. */
const requestBy =
  (...rdns: readonly Uint8Array[]) =>
  () =>
    request({ subject: encodeSequence(...rdns) })

const valued = (value: Uint8Array) => requestBy(rdn(named(value)))

/** Requests whose subject is no Name, or an odd one. */
export const subjectVectors: Vectors = {
  'csr-malformed/subject-set.der': () => request({ subject: encodeElement(derTag.set) }),
  'csr-malformed/subject-missing.der': () => request({ subject: octets('') }),
  'accepted/subject-not-utf8.der': valued(encodeElement(derTag.utf8String, octets('c3 28'))),
  'accepted/subject-bmp-string-of-odd-length.der': valued(encodeElement(0x1e, octets('00 6d 00'))),
  'accepted/subject-rdn-empty.der': requestBy(rdn()),
  'accepted/subject-rdn-sequence.der': requestBy(encodeSequence(name)),
  'accepted/subject-rdn-not-sorted.der': requestBy(rdn(longerName, name)),
  'accepted/subject-attribute-without-value.der': requestBy(rdn(named())),
  'accepted/subject-attribute-of-three.der': requestBy(rdn(named(encodeUtf8String('a'), encodeNull()))),
  'accepted/subject-attribute-without-type.der': requestBy(rdn(encodeSequence(encodeUtf8String('a')))),
  'accepted/subject-empty.der': requestBy(),
  'accepted/subject-rdn-of-two.der': requestBy(rdn(name, longerName)),
  'accepted/subject-string-of-context-class.der': valued(octets('8c 07 6d 61 6c 6c 6f 72 79')),
  'accepted/subject-with-nul.der': valued(encodeUtf8String('alice@contoso.example\0.fabrikam.example')),
}
