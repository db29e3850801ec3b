import { contextTag, derTag } from './derTag.ts'
import {
  encodeContext,
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeSmallInteger,
  inDerOrder,
} from './encodeElement.ts'

const idData = encodeOid('1.2.840.113549.1.7.1')
const idSignedData = encodeOid('1.2.840.113549.1.7.2')

const emptySet = encodeElement(derTag.set)

/**
 * Encodes certificates as a certs-only message: DER ContentInfo around a SignedData that signs nothing, RFC 5652
 * section 5.1 and RFC 8551 section 3.8. The set is in DER order (X.690 section 11.6), whatever the order given.
 * @param certificates DER Certificates.
 */
//  ContentInfo ::= SEQUENCE { contentType id-signedData, content [0] EXPLICIT SignedData }
//  SignedData ::= SEQUENCE {
//    version 1, digestAlgorithms SET OF {}, encapContentInfo SEQUENCE { eContentType id-data },
//    certificates [0] IMPLICIT SET OF Certificate, signerInfos SET OF {} }
export const encodeCertsOnly = (certificates: readonly Uint8Array[]): Uint8Array => {
  const signedData = encodeSequence(
    encodeSmallInteger(1),
    emptySet,
    encodeSequence(idData),
    encodeElement(contextTag(0, true), ...inDerOrder(certificates)),
    emptySet,
  )
  return encodeSequence(idSignedData, encodeContext(0, signedData))
}
