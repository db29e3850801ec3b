import { derTag } from './derTag.ts'
import {
  encodeBitString,
  encodeContext,
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeSmallInteger,
} from './encodeElement.ts'
import type { Extension } from './extension.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from './signatureAlgorithm.ts'
import { encodeExtension } from './tbsCertificate.ts'

const extensionRequestOid = '1.2.840.113549.1.9.14'

export interface CsrContents {
  /** DER Name. */
  readonly subject: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly subjectPublicKeyInfo: Uint8Array
  /** Asked for by an extensionRequest attribute (RFC 2985 section 5.4.2), which is there unless there are none. */
  readonly extensions: readonly Extension[]
}

const extensionRequest = (extensions: readonly Extension[]): Uint8Array =>
  encodeSequence(
    encodeOid(extensionRequestOid),
    encodeElement(derTag.set, encodeSequence(...extensions.map(encodeExtension))),
  )

/** Encodes the CertificationRequestInfo (RFC 2986 section 4.1) that the key of the request signs. */
export const encodeCsrInfo = ({ subject, subjectPublicKeyInfo, extensions }: CsrContents): Uint8Array =>
  encodeSequence(
    encodeSmallInteger(0),
    subject,
    subjectPublicKeyInfo,
    encodeContext(0, ...(extensions.length === 0 ? [] : [extensionRequest(extensions)])),
  )

/** Puts a CertificationRequest together from its signed info. */
export const encodeCsr = (
  info: Uint8Array,
  algorithm: SignatureAlgorithm,
  signature: Uint8Array,
): Uint8Array => encodeSequence(info, signatureAlgorithms[algorithm].identifier, encodeBitString(signature))
