import * as z from 'zod'
import { memberLimits } from './bodyLimits.ts'

/**
 * The JSON documents that the service takes and sends. Their types and docs/openapi.json come from these schemas. What
 * is sent is checked by the compiler alone, what is taken by the schema.
 */

const certificate = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n$/)
  .meta({ description: 'A certificate as PEM (RFC 7468).' })

/** Without a pattern: generated clients parse it first, and some then hold the pattern up to what they made of it. */
const time = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC, whole seconds.' })

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** Takes a digest as other programs print it; digests that are sent are lower case. */
const anySha256 = z.string().regex(/^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$/)

/** A token about the device, beside the compliance token. */
const deviceToken = (most: number, description: string) =>
  z.string().min(1).max(most).optional().meta({ description })

const enrollmentDocument = z.object({
  csr: z
    .string()
    .max(memberLimits.csr)
    .meta({ description: 'A PKCS#10 request as PEM (RFC 7468), or as base64 or base64url of its DER.' }),
  posture: deviceToken(
    memberLimits.posture,
    'A posture token: a JWT of an issuer that the tenant trusts for facts about the device, such as an MDM.',
  ),
  attestation: deviceToken(
    memberLimits.attestation,
    'An attestation token: a JWT of an attestation service that the tenant trusts, which holds the SHA-256 of the SubjectPublicKeyInfo of the request.',
  ),
})

/** A certificate reply as `application/json`. */
const certificateDocument = z.object({
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

/** @param kind the first part of the ids of a kind: `root~0001`. */
const idOf = (kind: 'root' | 'issuer') => z.string().regex(new RegExp(`^${kind}~[0-9]{4}$`))

const signedBy = idOf('root').meta({ description: 'The root that signed it.' })

const bundled = {
  notBefore: time,
  notAfter: time,
  sha256: sha256.meta({
    description: 'Digest of the DER certificate, by which trust/{sha256}.cer names it.',
  }),
  certificate,
}

const state = z.enum(['staged', 'active', 'retiring']).meta({
  description: 'A staged one signs nothing yet, a retiring one nothing any more: servers hold all of them.',
})

const sequence = z.int().min(1).meta({ description: 'Grows by one with each change of the authority.' })

/** The body of `trust.json`, and the payload that `trust.jws` signs. */
const trustDocument = z.object({
  tenant: z.string(),
  sequence,
  issuedAt: time,
  refreshSeconds: z
    .int()
    .min(1)
    .meta({ description: 'How long it may be kept before it is asked for again.' }),
  nextActivation: time
    .nullable()
    .meta({ description: 'When the first that is staged may be put to work; null when nothing is staged.' }),
  roots: z.array(z.object({ id: idOf('root'), ...bundled, state })),
  issuers: z.array(z.object({ id: idOf('issuer'), ...bundled, state, signedBy })),
  crossCertificates: z.array(
    z.object({
      id: z.string().regex(/^cross~[0-9]{4}-[0-9]{4}$/),
      ...bundled,
      subject: idOf('root').meta({ description: 'The root whose key is certified.' }),
      signedBy,
    }),
  ),
  rowDigests: z.record(z.string(), sha256).meta({
    description:
      'For administrators: the digest of each row that the authority consists of, by its id, retired and tainted ones included.',
  }),
})

/** The report of a relying party that installed a bundle. */
const adoptionDocument = z.object({
  sha256: anySha256.meta({
    description:
      'Digest of one of the files that the installed bundle was published as, in upper or lower case, with colons or without.',
  }),
})

const adoptedDocument = z.object({
  relyingParty: z.string().meta({ description: 'Its name.' }),
  sequence: sequence.meta({ description: 'That of the bundle it installed, as recorded.' }),
  currentSequence: sequence.meta({ description: 'That of the bundle in force.' }),
})

/** A user whose sessions end. */
const dropUser = z.object({
  upn: z.string().meta({ description: 'The user principal name, in lower case.' }),
  objectId: z
    .string()
    .nullable()
    .meta({ description: "The subject of the user's tokens; null where that is no UUID." }),
})

/** A subject of the deny list that is stopped now. */
const dropDocument = z.object({
  kind: z.string().meta({ description: '`user`, `device` or `key`.' }),
  value: z.string().meta({
    description:
      'A user principal name or a UUID, in lower case; or the SHA-256 of a SubjectPublicKeyInfo, lower-case hex.',
  }),
  at: time,
  until: time.nullable().meta({ description: 'When it ends; null until it is lifted.' }),
  users: z.array(dropUser).meta({
    description: 'Whom the ledger knows with the subject; empty where it knows nobody, or nobody looked yet.',
  }),
})

/** Whose sessions end, for VPN servers. */
const dropListDocument = z.object({
  tenant: z.string(),
  sequence: z
    .int()
    .min(0)
    .meta({ description: 'Grows by one with each change of the deny list; 0 before the first.' }),
  hintSeconds: z.int().min(1).meta({ description: 'How often it is worth asking for.' }),
  drops: z.array(dropDocument).meta({ description: 'In the order in which they were stopped.' }),
})

const healthDocument = z.object({ status: z.literal('ok') })

/** The body of `readyz`, with 200 as with 503. */
const readinessDocument = z.object({
  ready: z.boolean(),
  tables: z.enum(['ok', 'unavailable']),
  signer: z.enum(['ok', 'unavailable', 'none']),
})

/** Names a policy as its administrator did. */
const failedPolicy = z.object({
  displayName: z.string(),
  missing: z.array(z.array(z.string())).meta({
    description:
      'Everything it lacks; of each list, any one would do: grant controls by their names in Microsoft Graph, `block`, or `signInFrequency`.',
  }),
})

/** Names a setting of a compliance policy as Microsoft Graph does. */
const failedSetting = z.object({
  policy: z.string().meta({ description: 'The compliance policy, as its administrator calls it.' }),
  setting: z.string(),
  wanted: z.string(),
  actual: z.string().meta({ description: 'What sources say of the device, or `unknown`.' }),
  remedy: z.string().meta({ description: 'What the user does about it.' }),
})

/** A problem document of RFC 9457. */
const problemDocument = z.object({
  type: z
    .string()
    .regex(/^urn:mayfly:problem:[a-z0-9-]+$/)
    .meta({
      description: 'Stable: what programs decide by. There may be more of them than a program knows.',
    }),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().meta({ description: 'What was refused and why, for people.' }),
  instance: z
    .string()
    .regex(/^urn:uuid:[0-9a-f-]{36}$/)
    .meta({ description: "The request, as the operator's log names it." }),
  offers: z.array(z.string()).optional().meta({ description: 'With 406: the media types the path offers.' }),
  policies: z.array(failedPolicy).max(20).optional().meta({
    description:
      "The tenant's conditional-access policies that the request does not satisfy, or some of them.",
  }),
  settings: z.array(failedSetting).max(50).optional().meta({
    description:
      "The settings of the tenant's compliance policies that the device does not satisfy, or that nobody can tell of, or some of them.",
  }),
  remediation: z.string().optional().meta({ description: 'What the user can do about it, a sentence.' }),
  remediationLink: z.string().optional().meta({ description: 'Where the tenant tells more about it.' }),
})

/** By the names that docs/openapi.json gives them. */
export const documents = {
  Enrollment: enrollmentDocument,
  Certificate: certificateDocument,
  TrustBundle: trustDocument,
  Adoption: adoptionDocument,
  Adopted: adoptedDocument,
  DropList: dropListDocument,
  Health: healthDocument,
  Readiness: readinessDocument,
  Problem: problemDocument,
}

export type CertificateDocument = z.infer<typeof certificateDocument>
export type TrustDocument = z.infer<typeof trustDocument>
export type AdoptedDocument = z.infer<typeof adoptedDocument>
export type DropListDocument = z.infer<typeof dropListDocument>
export type HealthDocument = z.infer<typeof healthDocument>
export type ReadinessDocument = z.infer<typeof readinessDocument>
export type ProblemDocument = z.infer<typeof problemDocument>
