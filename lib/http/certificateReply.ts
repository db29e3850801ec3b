import type { HttpResponseInit } from '@azure/functions'
import { encodeCertsOnly } from '../x509/encodeCertsOnly.ts'
import { encodePem } from '../x509/pemBlock.ts'
import type { AdoptedDocument, CertificateDocument, HealthDocument, ReadinessDocument } from './documents.ts'
import { rfc3339 } from '../text/rfc3339.ts'

export interface CertificateReply {
  readonly created: boolean
  /** DER. */
  readonly certificate: Uint8Array
  /** DER, from the leaf's issuer upwards, without the trust anchor. */
  readonly chain: readonly Uint8Array[]
  /** Lower-case hex. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly renewal: { readonly start: Date; readonly end: Date }
}

/** The representations of a certificate reply, each by its whole Content-Type, the default first. */
export const certificateFormats = [
  'application/json',
  'application/pem-certificate-chain',
  'application/pkix-cert',
  'application/pkcs7-mime; smime-type=certs-only',
] as const

/** One of the representations. */
export type CertificateFormat = (typeof certificateFormats)[number]

const pemOf = (certificate: Uint8Array): string => encodePem('CERTIFICATE', certificate)

const documentOf = (reply: CertificateReply): CertificateDocument => ({
  certificate: pemOf(reply.certificate),
  chain: reply.chain.map(pemOf),
  serialNumber: reply.serialNumber,
  notBefore: rfc3339(reply.notBefore),
  notAfter: rfc3339(reply.notAfter),
  renewal: { start: rfc3339(reply.renewal.start), end: rfc3339(reply.renewal.end) },
})

const bodies: Readonly<Record<CertificateFormat, (reply: CertificateReply) => string | Uint8Array>> = {
  'application/json': (reply) => JSON.stringify(documentOf(reply)),
  'application/pem-certificate-chain': ({ certificate, chain }) =>
    [certificate, ...chain].map(pemOf).join(''),
  'application/pkix-cert': ({ certificate }) => certificate,
  'application/pkcs7-mime; smime-type=certs-only': ({ certificate, chain }) =>
    encodeCertsOnly([certificate, ...chain]),
}

/** RFC 8551 section 3.2.1: readers of this type go by the extension of the file name. */
const fileNames: Partial<Readonly<Record<CertificateFormat, string>>> = {
  'application/pkcs7-mime; smime-type=certs-only': 'smime.p7c',
}

/** 201 with a new certificate, or 200 with the one that the same token and key bought before. */
export const certificateReply = (reply: CertificateReply, format: CertificateFormat): HttpResponseInit => {
  const fileName = fileNames[format]
  return {
    status: reply.created ? 201 : 200,
    headers: {
      'content-type': format,
      'cache-control': 'no-store',
      vary: 'Accept',
      ...(fileName ? { 'content-disposition': `attachment; filename="${fileName}"` } : {}),
    },
    body: bodies[format](reply),
  }
}

/** A status document that nobody may cache. */
export const statusReply = (
  status: 200 | 503,
  document: HealthDocument | ReadinessDocument,
): HttpResponseInit => ({
  status,
  headers: {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': '10' } : {}),
  },
  body: JSON.stringify(document),
})

/** 200 with what was recorded, which nobody may cache. */
export const adoptionReply = (document: AdoptedDocument): HttpResponseInit => ({
  status: 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(document),
})
