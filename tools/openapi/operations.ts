import type { RefusalCode } from '../../lib/errors/catalogue.ts'
import { certificateFormats, type CertificateFormat } from '../../lib/http/certificateReply.ts'
import { type BodyLimit, bodyLimits } from '../../lib/http/bodyLimits.ts'
import type { routes } from '../../lib/http/routes.ts'
import { tenantIdForm } from '../../lib/tenant/tenantId.ts'
import {
  dropsReplies,
  header,
  optionalHeader,
  problemReplies,
  publicationReplies,
  ref,
  type Reply,
  type Replies,
  retryAfter,
  serviceCodes,
  uncachedReply,
} from './replies.ts'

/** Describes a route, but for where it listens. */
export interface Operation {
  readonly summary: string
  readonly description?: string
  readonly security?: readonly object[]
  /** Those of its requests' header fields that mean something here, beside those of its path. */
  readonly parameters?: readonly object[]
  readonly requestBody?: object
  readonly responses: Replies
}

/** The parameters of paths, by name, and those of header fields. */
export const parameters = {
  tenant: {
    name: 'tenant',
    in: 'path',
    required: true,
    description: 'The tenant, in lower case.',
    schema: { type: 'string', pattern: tenantIdForm.source },
  },
  file: {
    name: 'file',
    in: 'path',
    required: true,
    description:
      'The SHA-256 of a certificate of the bundle as trust.json lists it, and `.cer`; or that of a root, and `.jws`.',
    schema: { type: 'string', pattern: String.raw`^[0-9a-f]{64}\.(cer|jws)$` },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag of what the client holds (RFC 9110 section 13.1.2).',
    schema: { type: 'string' },
  },
  IfModifiedSince: {
    name: 'If-Modified-Since',
    in: 'header',
    description: 'Its Last-Modified, which counts only without If-None-Match (RFC 9110 section 13.1.3).',
    schema: { type: 'string' },
  },
} as const

const text = { type: 'string' }

/** Octets: without a format, generators take a body for an object, or for text. */
const octets = (description: string) => ({ schema: { type: 'string', format: 'binary', description } })

type BodyTypes = Readonly<Record<string, object>>

/** Says how large a body may be: a program can read it there, and a person in the description. */
const limited = (content: BodyTypes, limits: Readonly<Record<string, BodyLimit>>): BodyTypes =>
  Object.fromEntries(
    Object.entries(content).map(([type, media]) => [
      type,
      { ...media, 'x-max-octets': limits[type]?.maxOctets },
    ]),
  )

const limitText = (limits: Readonly<Record<string, BodyLimit>>): string => {
  const lengths = Object.entries(limits).map(([type, { maxOctets }]) => `${maxOctets} for ${type}`)
  return `The request carries a Content-Length of at most ${lengths.join(', ')}. `
}

/** JSON first: many generators know one media type of a body, the first. */
const requestContent: Readonly<Record<keyof typeof bodyLimits.certificates, object>> = {
  'application/json': { schema: ref('schemas', 'Enrollment') },
  'application/pkcs10': octets('DER, or base64 of it without a frame (RFC 7030).'),
  'application/x-pem-file': { schema: { ...text, description: 'PEM.' } },
  'text/plain': { schema: { ...text, description: 'PEM.' } },
}

const certificateSchemas: Readonly<Record<CertificateFormat, object>> = {
  'application/json': { schema: ref('schemas', 'Certificate') },
  'application/pem-certificate-chain': {
    schema: { ...text, description: 'The certificate, then its issuers, as PEM (RFC 8555 section 9.1).' },
  },
  'application/pkix-cert': octets('DER of the certificate alone (RFC 2585).'),
  'application/pkcs7-mime; smime-type=certs-only': octets(
    'DER of a certs-only message: certificate and issuers, in no order (RFC 8551).',
  ),
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

const notOfAPath: readonly RefusalCode[] = ['not-found', 'method-not-allowed']
const ofParties: readonly RefusalCode[] = ['relying-party-refused']
const ofAdoptions: readonly RefusalCode[] = [...ofParties, 'bundle-unknown']
const ofTrust: readonly RefusalCode[] = ['certificate-unknown']
const ofBundle: readonly RefusalCode[] = ['bundle-unverified']
const ofCertificates = serviceCodes.filter(
  (code) => ![...notOfAPath, ...ofAdoptions, ...ofTrust, ...ofBundle].includes(code),
)

/** The refusals of any path that reads the trust bundle of a tenant. */
const ofAuthority: readonly RefusalCode[] = [
  'tenant-unknown',
  'fault',
  'not-configured',
  'overloaded',
  'tables-unavailable',
  'issuer-unavailable',
  ...ofBundle,
]

const certificates: Operation = {
  summary: 'Buys a certificate with a compliance token.',
  description:
    'The request contributes a public key and nothing else. A token buys one certificate for one key; to repeat a ' +
    'request with the same token and key is safe while the token is good. ' +
    limitText(bodyLimits.certificates) +
    'Tokens about the device travel in JSON alone. Accept chooses among the media types of the answer; problem documents ' +
    'are JSON whatever it says.',
  security: [{ complianceToken: [] }],
  requestBody: {
    required: true,
    description: 'A PKCS#10 request, and what tells of the device beside the compliance token.',
    content: limited(requestContent, bodyLimits.certificates),
  },
  responses: {
    200: certificateReply('The certificate that the same token and key bought before.'),
    201: certificateReply('A new certificate, recorded in the ledger.'),
    ...problemReplies(ofCertificates),
  },
}

const conditions = ['IfNoneMatch', 'IfModifiedSince'].map((name) => ref('parameters', name))

const trust = (summary: string, content: NonNullable<Reply['content']>): Operation => ({
  summary,
  parameters: conditions,
  responses: {
    ...publicationReplies('The trust bundle of the tenant.', content),
    ...problemReplies(ofAuthority),
  },
})

const bundleJws = octets(
  'JWS compact serialization (RFC 7515) of type mayfly-trust+jws; its content is the octets of trust.json, its x5c the ' +
    'root that signed.',
)

const trustCertificate: Operation = {
  summary: 'One certificate of the trust bundle, or the bundle as one root signed it.',
  parameters: conditions,
  responses: {
    ...publicationReplies('The certificate, or what trust.jws is, signed by the root of this digest.', {
      'application/pkix-cert': octets('DER (RFC 2585).'),
      'application/jose': bundleJws,
    }),
    ...problemReplies([...ofAuthority, ...ofTrust]),
  },
}

const json = (schema: string) => ({ 'application/json': { schema: ref('schemas', schema) } })

const adoptions: Operation = {
  summary: 'Records which trust bundle a relying party installed.',
  description:
    'Roots and issuers are put to work only when every listed relying party holds them. Reports are safe to repeat. ' +
    limitText(bodyLimits.adoptions).trim(),
  security: [{ relyingParty: [] }],
  requestBody: {
    required: true,
    description: 'Which bundle it was.',
    content: limited(json('Adoption'), bodyLimits.adoptions),
  },
  responses: {
    200: uncachedReply('What was recorded.', json('Adopted')),
    ...problemReplies([
      'request-malformed',
      'length-required',
      'body-too-large',
      'media-type-unsupported',
      ...ofAuthority,
      ...ofAdoptions,
      'subject-busy',
    ]),
  },
}

/** Of a path that reads what is of a tenant, for those it knows. */
const ofDrops: readonly RefusalCode[] = [
  'tenant-unknown',
  'fault',
  'not-configured',
  'overloaded',
  'subject-busy',
  'tables-unavailable',
  ...ofParties,
]

const drops: Operation = {
  summary: 'Whose sessions a VPN server ends: what of the deny list is in force.',
  description:
    'For relying parties. The list is at most 30 seconds old, or 60 while the tables cannot be read, and after that there is none. ' +
    'It is unsigned, and comes from the service itself: whoever forges it can end sessions, and keep them.',
  security: [{ relyingParty: [] }],
  parameters: [ref('parameters', 'IfNoneMatch')],
  responses: {
    ...dropsReplies('The drop list of the tenant.', json('DropList')),
    ...problemReplies(ofDrops),
  },
}

export const operations: Readonly<Record<keyof typeof routes, Operation>> = {
  certificates,
  adoptions,
  drops,
  trustPem: trust('The roots and issuers that a VPN server trusts.', {
    'application/x-pem-file': octets('PEM with comments, roots first.'),
  }),
  trustJson: trust('The same with states and dates.', json('TrustBundle')),
  trustJws: trust('trust.json, signed by a root of the tenant.', {
    'application/jose': bundleJws,
  }),
  trustPkcs7: trust('Every certificate, cross certificates included.', {
    'application/x-pkcs7-certificates': octets('DER of a certs-only message, in no order (RFC 8551).'),
  }),
  trustCertificate,
  healthz: {
    summary: 'Whether the process is up.',
    responses: {
      200: uncachedReply('It is.', json('Health')),
      ...problemReplies(['fault', 'not-configured']),
    },
  },
  readyz: {
    summary: "Whether the tables and an issuer's signer answer.",
    responses: {
      200: uncachedReply('They do.', json('Readiness')),
      ...problemReplies(['fault']),
      503: uncachedReply(
        'They do not; or, as a problem document, a setting of the service is wrong (`not-configured`).',
        { ...json('Readiness'), 'application/problem+json': { schema: ref('schemas', 'Problem') } },
        retryAfter,
      ),
    },
  },
}
