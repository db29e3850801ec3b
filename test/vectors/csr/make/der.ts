import { derTag } from '../../../../lib/x509/derTag.ts'
import {
  encodeBitString,
  encodeContext,
  encodeElement,
  encodeNull,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeSmallInteger,
  encodeUtf8String,
} from '../../../../lib/x509/encodeElement.ts'
import { assembleCsr, signedBy } from '../../../lib/x509/fixtures/csr.ts'
import { octets } from '../../../lib/x509/fixtures/octets.ts'
import { attribute, newEcKey, replaced, request, requestWith, subject, type Vectors } from './request.ts'

/** An attribute type of nobody's, so that nothing but the syntax of the value can be wrong. */
const type = '1.3.6.1.4.1.99999.1'

/** A request with one attribute of one value: these octets, which need not be DER. */
const valued = (value: Uint8Array) => () => requestWith(attribute(type, value))

const oidOf = (contents: string) => encodeElement(derTag.oid, octets(contents))

const nested = (levels: number): Uint8Array => {
  let element = encodeNull()
  for (let level = 0; level < levels; level++) element = encodeSequence(element)
  return element
}

/** The outer SEQUENCE of a good request, with another header. */
const reheaded =
  (header: (contents: Uint8Array) => Uint8Array, tail = octets('')) =>
  () => {
    const contents = request().subarray(3)
    return Buffer.concat([header(contents), contents, tail])
  }

const keyOf = (changed: (spki: Uint8Array) => Uint8Array) => () => {
  const members = signedBy(newEcKey(), 'ES256')
  return assembleCsr({ subject, ...members, spki: changed(members.spki) })
}

/** A key whose last bit is zero, so that it may be called unused. */
const unusedKeyBit = (): Uint8Array => {
  const members = signedBy(newEcKey(), 'ES256')
  if (((members.spki.at(-1) ?? 0) & 1) === 1) return unusedKeyBit()
  return assembleCsr({ subject, ...members, spki: replaced(members.spki, octets('00 04'), octets('01 04')) })
}

/** Requests that are BER and not DER, or neither. Signed over what they say wherever a signature is possible. */
export const derVectors: Vectors = {
  'csr-malformed/trailing-octet.der': () => Buffer.concat([request(), octets('00')]),
  'csr-malformed/trailing-element.der': () => Buffer.concat([request(), encodeNull()]),
  'csr-malformed/trailing-request.der': () => Buffer.concat([request(), request()]),
  'csr-malformed/trailing-in-info.der': () =>
    request({ attributes: Buffer.concat([encodeContext(0), encodeContext(1)]) }),
  'csr-malformed/trailing-in-outer.der': () => {
    const der = request()
    return Buffer.concat([octets('30 81'), Uint8Array.of(der.length - 3 + 2), der.subarray(3), encodeNull()])
  },
  'csr-malformed/trailing-in-spki.der': keyOf((spki) => encodeSequence(spki.subarray(2), encodeNull())),
  'csr-malformed/trailing-in-key-algorithm.der': keyOf((spki) => {
    const algorithm = encodeSequence(
      encodeOid('1.2.840.10045.2.1'),
      encodeOid('1.2.840.10045.3.1.7'),
      encodeNull(),
    )
    return encodeSequence(algorithm, encodeBitString(spki.subarray(-65)))
  }),
  'accepted/trailing-in-attribute-value.der': valued(octets('30 03 05 00 00')),
  'csr-malformed/indefinite-length-outer.der': reheaded(() => octets('30 80'), octets('00 00')),
  'accepted/indefinite-length-attribute.der': valued(octets('30 80 05 00 00 00')),
  'csr-malformed/length-not-minimal-outer.der': reheaded((c) =>
    Buffer.concat([octets('30 82 00'), Uint8Array.of(c.length)]),
  ),
  'accepted/length-not-minimal-short.der': valued(octets('04 81 01 aa')),
  'csr-malformed/length-not-minimal-version.der': () => request({ version: octets('02 81 01 00') }),
  'csr-malformed/length-of-four-octets.der': reheaded((c) =>
    Buffer.concat([octets('30 84 00 00 00'), Uint8Array.of(c.length)]),
  ),
  'accepted/length-of-four-gigabytes.der': valued(octets('04 84 ff ff ff ff')),
  'accepted/length-reserved-ff.der': valued(octets('04 ff 00')),
  'accepted/tag-of-several-octets.der': valued(octets('1f 81 00 00')),
  'accepted/end-of-contents.der': valued(octets('00 00')),
  'accepted/integer-empty.der': valued(octets('02 00')),
  'accepted/integer-not-minimal.der': valued(octets('02 02 00 01')),
  'accepted/integer-not-minimal-negative.der': valued(octets('02 02 ff 80')),
  'csr-malformed/version-not-minimal.der': () => request({ version: octets('02 02 00 00') }),
  'accepted/enumerated-not-minimal.der': valued(octets('0a 02 00 01')),
  'accepted/time-without-seconds.der': valued(encodeElement(derTag.utcTime, Buffer.from('2611212300Z'))),
  'accepted/time-with-offset.der': valued(
    encodeElement(derTag.generalizedTime, Buffer.from('20261121230000+0100')),
  ),
  'accepted/boolean-01.der': valued(octets('01 01 01')),
  'accepted/boolean-of-two-octets.der': valued(octets('01 02 ff ff')),
  'accepted/null-not-empty.der': valued(octets('05 01 00')),
  'accepted/octet-string-constructed.der': valued(encodeElement(0x24, encodeOctetString(octets('aa')))),
  'accepted/utf8-string-constructed.der': valued(encodeElement(0x2c, encodeUtf8String('a'))),
  'accepted/bit-string-constructed.der': valued(encodeElement(0x23, encodeBitString(octets('aa')))),
  'accepted/sequence-primitive.der': valued(octets('10 00')),
  'accepted/set-primitive.der': valued(octets('11 00')),
  'accepted/bit-string-empty.der': valued(octets('03 00')),
  'accepted/bit-string-eight-unused.der': valued(octets('03 02 08 00')),
  'accepted/bit-string-padding-set.der': valued(octets('03 02 04 ff')),
  'accepted/bit-string-padding-of-nothing.der': valued(octets('03 01 01')),
  'csr-malformed/key-bit-string-unused-bits.der': unusedKeyBit,
  'accepted/oid-empty.der': valued(oidOf('')),
  'accepted/oid-leading-80.der': valued(oidOf('2a 80 01')),
  'accepted/oid-truncated.der': valued(oidOf('2a 86')),
  // 2.25.<UUID> is a legitimate form; nothing that Mayfly serves has one, and no name of a request is read.
  'accepted/oid-arc-of-128-bits.der': valued(oidOf(`69 ${'ff'.repeat(18)} 7f`)),
  'accepted/oid-arc-of-4-KiB.der': valued(oidOf(`2a ${'ff'.repeat(4096)} 7f`)),
  'accepted/nested-thirteen-levels.der': () => requestWith(nested(10)),
  'accepted/nested-1000-levels-in-attribute.der': () => requestWith(nested(1000)),
  'csr-malformed/nested-1000-levels.der': () => nested(1000),
  'csr-malformed/nested-indefinite-1000-levels.der': () => octets('30 80'.repeat(1000)),
  'csr-malformed/version-1.der': () => request({ version: encodeSmallInteger(1) }),
  'csr-malformed/version-2.der': () => request({ version: encodeSmallInteger(2) }),
  'csr-malformed/version-negative.der': () => request({ version: octets('02 01 ff') }),
  'csr-malformed/version-of-4-KiB.der': () =>
    request({ version: encodeElement(derTag.integer, octets('01'), new Uint8Array(4096)) }),
  'csr-malformed/version-missing.der': () => request({ version: octets('') }),
  'csr-malformed/version-enumerated.der': () => request({ version: octets('0a 01 00') }),
  'csr-malformed/spki-missing.der': () => request({ spki: octets('') }),
  'csr-malformed/spki-empty.der': () => request({ spki: encodeSequence() }),
  'csr-malformed/spki-octet-string.der': keyOf((spki) =>
    encodeSequence(spki.subarray(2, 23), encodeOctetString(spki.subarray(-65))),
  ),
}
