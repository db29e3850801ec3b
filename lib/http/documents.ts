import { z } from 'zod'

/**
 * The JSON documents that the service takes and sends. Their types and docs/openapi.json come from these schemas. What
 * is sent is checked by the compiler alone, what is taken by the schema.
 */

const certificate = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n$/)
  .meta({ description: 'A certificate as PEM (RFC 7468).' })

const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  .meta({ format: 'date-time', description: 'RFC 3339, UTC, whole seconds.' })

/** What a client sends as `application/json`. */
export const enrollmentDocument = z.object({
  csr: z.string().meta({ description: 'A PKCS#10 request as PEM or as base64 of its DER.' }),
})

/** A certificate reply as `application/json`. */
export const certificateDocument = z.object({
  certificate,
  chain: z
    .array(certificate)
    .meta({ description: "From the certificate's issuer upwards, without the trust anchor." }),
  serialNumber: z
    .string()
    .regex(/^([0-9a-f]{2}){1,20}$/)
    .meta({ description: 'Hex, in lower case.' }),
  notBefore: time,
  notAfter: time,
  renewal: z.object({ start: time, end: time }).meta({
    description:
      'When the client renews, with a fresh token. From the start on the token buys nothing any more.',
  }),
})

const generation = z.object({
  id: z.string(),
  state: z.enum(['staged', 'active', 'retiring']),
  notBefore: time,
  notAfter: time,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'Digest of the DER certificate, hex.' }),
  certificate,
})

/** What `trust.json` answers. */
export const trustDocument = z.object({
  tenant: z.string(),
  roots: z.array(generation),
  issuers: z.array(generation),
})

/** What `healthz` answers. */
export const healthDocument = z.object({ status: z.literal('ok') })

/** What `readyz` answers, with 200 as with 503. */
export const readinessDocument = z.object({
  ready: z.boolean(),
  tables: z.enum(['ok', 'unavailable']),
  signer: z.enum(['ok', 'unavailable', 'none']),
})

/** Why a request was refused, RFC 9457. */
export const problemDocument = z.object({
  type: z
    .string()
    .regex(/^urn:mayfly:problem:[a-z-]+$/)
    .meta({ description: 'Stable: what programs decide by.' }),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().meta({ description: 'What was refused and why, for people.' }),
  instance: z
    .string()
    .regex(/^urn:uuid:[0-9a-f-]{36}$/)
    .meta({ description: "The request, as the operator's log names it." }),
  offers: z.array(z.string()).optional().meta({ description: 'With 406: the media types the path offers.' }),
})

export type CertificateDocument = z.infer<typeof certificateDocument>
export type HealthDocument = z.infer<typeof healthDocument>
export type ReadinessDocument = z.infer<typeof readinessDocument>
export type ProblemDocument = z.infer<typeof problemDocument>
