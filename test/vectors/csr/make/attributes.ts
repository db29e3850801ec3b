import { derTag } from '../../../../lib/x509/derTag.ts'
import {
  encodeContext,
  encodeElement,
  encodeNull,
  encodeOctetString,
  encodeSequence,
  encodeUtf8String,
} from '../../../../lib/x509/encodeElement.ts'
import { maxCsrOctets } from '../../../../lib/x509/verifyCsr.ts'
import { octets } from '../../../lib/x509/fixtures/octets.ts'
import { attribute, attributeType, integer, request, requestWith, type Vectors } from './request.ts'

const type = '1.3.6.1.4.1.99999.1'
const password = attribute(attributeType.challengePassword, encodeUtf8String('tr0ub4dor'))
const name = attribute(attributeType.unstructuredName, encodeUtf8String('router7.fabrikam.example'))

const nested = (levels: number): Uint8Array =>
  levels === 0 ? encodeNull() : encodeSequence(nested(levels - 1))

/** A request of exactly this many octets: one attribute fills it. */
const sized = (length: number, fill = length - 400): Uint8Array => {
  const der = requestWith(attribute(type, encodeOctetString(new Uint8Array(fill))))
  return der.length === length ? der : sized(length, fill + length - der.length)
}

const many = (count: number) => () =>
  requestWith(...Array.from({ length: count }, (_, index) => attribute(`${type}.${index}`, encodeNull())))

/** Requests whose attributes are odd: DER is demanded of them, and no more, because all are dropped. */
export const attributeVectors: Vectors = {
  'accepted/attributes-missing.der': () => request({ attributes: undefined }),
  'csr-malformed/attributes-primitive.der': () => request({ attributes: octets('80 00') }),
  'csr-malformed/attributes-as-set.der': () => request({ attributes: encodeElement(derTag.set, password) }),
  'csr-malformed/attributes-wrong-number.der': () => request({ attributes: encodeContext(1, password) }),
  'csr-malformed/attributes-twice.der': () =>
    request({ attributes: Buffer.concat([encodeContext(0, password), encodeContext(0, name)]) }),
  'csr-malformed/attributes-oversized.der': () => sized(maxCsrOctets + 1),
  'csr-malformed/attributes-1000.der': many(1000),
  'csr-malformed/attribute-integer-of-17-KiB.der': () =>
    requestWith(attribute(type, integer(octets('01'), new Uint8Array(17 * 1024)))),
  'accepted/attributes-to-the-limit.der': () => sized(maxCsrOctets),
  'accepted/attributes-500.der': many(500),
  'accepted/attributes-duplicate.der': () => requestWith(password, password),
  'accepted/attributes-not-sorted.der': () =>
    requestWith(...[password, name].toSorted((a, b) => Buffer.compare(a, b)).toReversed()),
  'accepted/attribute-values-not-sorted.der': () =>
    requestWith(attribute(type, encodeUtf8String('b'), encodeUtf8String('a'))),
  'accepted/attribute-without-value.der': () => requestWith(attribute(type)),
  'accepted/attribute-not-a-sequence.der': () => requestWith(encodeNull()),
  'accepted/attribute-integer-of-4-KiB.der': () =>
    requestWith(attribute(type, integer(octets('01'), new Uint8Array(4096)))),
  'accepted/attribute-integer-negative.der': () => requestWith(attribute(type, integer(octets('80')))),
  'accepted/attribute-of-context-class.der': () => requestWith(attribute(type, octets('8c 01 61'))),
  'accepted/attribute-of-private-class.der': () => requestWith(attribute(type, octets('cc 01 61'))),
  'accepted/nested-twelve-levels.der': () => requestWith(nested(9)),
}
