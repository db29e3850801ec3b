import { certificateFormats, type CertificateFormat } from '../../lib/http/replies.ts'
import { type enrollmentTypes, maxBodyOctets } from '../../lib/http/readEnrollment.ts'
import type { routes } from '../../lib/http/routes.ts'
import { tenantIdForm } from '../../lib/tenant/tenantId.ts'
import {
  cacheableReply,
  header,
  optionalHeader,
  problemReplies,
  ref,
  type Reply,
  type Replies,
  retryAfter,
  serviceCodes,
  uncachedReply,
} from './replies.ts'

/** What a route does, beside where it listens. */
export interface Operation {
  readonly summary: string
  readonly description?: string
  readonly security?: readonly object[]
  readonly requestBody?: object
  readonly responses: Replies
}

/** The parameters of paths, by name. */
export const parameters = {
  tenant: {
    name: 'tenant',
    in: 'path',
    required: true,
    description: 'The tenant, in lower case.',
    schema: { type: 'string', pattern: tenantIdForm.source },
  },
} as const

const text = { type: 'string' }

const requestContent: Readonly<Record<(typeof enrollmentTypes)[number], object>> = {
  'application/pkcs10': { schema: { description: 'DER, or base64 of it without a frame (RFC 7030).' } },
  'application/x-pem-file': { schema: text },
  'text/plain': { schema: { ...text, description: 'PEM.' } },
  'application/json': { schema: ref('schemas', 'Enrollment') },
}

const certificateSchemas: Readonly<Record<CertificateFormat, object>> = {
  'application/json': { schema: ref('schemas', 'Certificate') },
  'application/pem-certificate-chain': {
    schema: { ...text, description: 'The certificate, then its issuers, as PEM (RFC 8555 section 9.1).' },
  },
  'application/pkix-cert': { schema: { description: 'DER of the certificate alone (RFC 2585).' } },
  'application/pkcs7-mime; smime-type=certs-only': {
    schema: { description: 'DER of a certs-only message: certificate and issuers, in no order (RFC 8551).' },
  },
}

const certificateHeaders = {
  Vary: header('The header field that decides.', { const: 'Accept' }),
  'Content-Disposition': optionalHeader('With PKCS#7: a file name for readers that go by its extension.'),
}

const certificateReply = (description: string): Reply =>
  uncachedReply(
    description,
    Object.fromEntries(certificateFormats.map((format) => [format, certificateSchemas[format]])),
    certificateHeaders,
  )

const notOfAPath = ['not-found', 'method-not-allowed']

const certificates: Operation = {
  summary: 'Buys a certificate with a compliance token.',
  description:
    'The request contributes a public key and nothing else. A token buys one certificate for one key; to repeat a ' +
    'request with the same token and key is safe. The request carries a Content-Length of at most ' +
    `${maxBodyOctets}. Accept chooses among the media types of the answer; problem documents are JSON whatever it says.`,
  security: [{ complianceToken: [] }],
  requestBody: { required: true, description: 'A PKCS#10 request.', content: requestContent },
  responses: {
    200: certificateReply('The certificate that the same token and key bought before.'),
    201: certificateReply('A new certificate, recorded in the ledger.'),
    ...problemReplies(serviceCodes.filter((code) => !notOfAPath.includes(code))),
  },
}

const trust = (content: Reply['content']): Operation => ({
  summary: 'The roots and issuers that a VPN server trusts.',
  responses: {
    200: cacheableReply('The trust bundle of the tenant.', content),
    ...problemReplies(['tenant-unknown', 'fault', 'tables-unavailable', 'issuer-unavailable']),
  },
})

const status = (schema: string) => ({ 'application/json': { schema: ref('schemas', schema) } })

/** What each route does. */
export const operations: Readonly<Record<keyof typeof routes, Operation>> = {
  certificates,
  trustPem: trust({ 'application/x-pem-file': { schema: { ...text, description: 'PEM with comments.' } } }),
  trustJson: trust({ 'application/json': { schema: ref('schemas', 'TrustBundle') } }),
  healthz: {
    summary: 'Whether the process is up.',
    responses: { 200: uncachedReply('It is.', status('Health')), ...problemReplies(['fault']) },
  },
  readyz: {
    summary: "Whether the tables and an issuer's signer answer.",
    responses: {
      200: uncachedReply('They do.', status('Readiness')),
      ...problemReplies(['fault']),
      503: uncachedReply('They do not.', status('Readiness'), retryAfter),
    },
  },
}
