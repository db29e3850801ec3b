import * as z from 'zod'
import { Refusal } from '../errors/refusal.ts'
import { entraMarker, isOwnMarker, isOwnPolicy } from '../profile/commonRules.ts'
import { claimName, text } from './claimName.ts'
import { evidence } from './evidence.ts'
import { clockToleranceSeconds, keyOptions, maxStaleKeysSeconds } from './keyOptions.ts'
import { complianceProofs, proofs } from './proofs.ts'
import { signalSources } from './signalSources.ts'
import { sourceFaults } from './sourceFaults.ts'
import { tenantIdForm } from './tenantId.ts'
import { type SourceConfiguration, tokenSourceOf } from './tokenSource.ts'
import { urlForm } from './urlForm.ts'

/** The greatest age of the configuration that decides a request, while the tables answer. */
export const configurationFreshMilliseconds = 30_000

/** The greatest age while they do not. */
export const configurationStaleMilliseconds = 10 * 60_000

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID in lower case')
/** Larger arcs break readers: some of Windows (2.25.<uuid> has one), and Go's crypto/x509 from 2^31 on. */
const oid = z
  .string()
  .max(128)
  .regex(/^[0-2](\.(0|[1-9]\d{0,9}))+$/, 'a dotted object identifier')
  .refine((value) => value.split('.').every((arc) => Number(arc) < 2 ** 31), 'arcs below 2^31')
  .refine((value) => Number(value.split('.')[1]) < 40 || value.startsWith('2.'), 'a second arc below 40')
const domainName = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
    'a domain name in lower case',
  )
const domainSid = z
  .string()
  .regex(/^S-1-5-21(-(0|[1-9]\d{0,9})){3}$/, 'a domain SID, S-1-5-21-x-y-z')
  .refine(
    (sid) =>
      sid
        .split('-')
        .slice(4)
        .every((part) => Number(part) < 2 ** 32),
    'numbers below 2^32',
  )

/** Users may choose these themselves at common identity providers: never an identity. */
const mutableClaims = ['preferred_username', 'email', 'name', 'nickname']

const upnClaim = z.union([
  z.literal('upn'),
  z.strictObject({
    claim: claimName.refine((name) => !mutableClaims.includes(name), 'a claim that users cannot choose'),
    /** The administrator's declaration that the issuer never lets a user choose or change this claim. */
    immutable: z.literal(true),
  }),
])

const common = {
  /** The only `aud` a token may have. */
  audience: text,
  /** The clients a token may be issued to. */
  clients: z.array(text).min(1).max(100),
  /** Prove a compliant device; any one of them is enough. A short way to write an `anyOf` among the proofs. */
  complianceProofs: complianceProofs.optional(),
  proofs: proofs.optional(),
  signals: signalSources.optional(),
  /** The claim with the user's Active Directory SID. */
  sidClaim: claimName.default('onprem_sid'),
  /** The claim with the device's UUID, where the issuer writes one. */
  deviceIdClaim: claimName.optional(),
  maxTokenAgeSeconds: z.int().min(30).max(86_400).default(900),
  clockToleranceSeconds,
  maxStaleKeysSeconds,
}

const entraIssuer = z.strictObject({
  kind: z.literal('entra'),
  /** The directory (tenant) id: the `tid` of its tokens. */
  directoryId: uuid,
  /** Where the directory signs in: another origin for sovereign clouds. */
  signInOrigin: urlForm.default('https://login.microsoftonline.com'),
  /** The delegated permission that `scp` must contain. */
  scope: z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'a scope token'),
  ...common,
})

const genericIssuer = z.strictObject({
  kind: z.literal('generic'),
  ...keyOptions,
  /** The `typ` of access tokens: `at+jwt` (RFC 9068) or what the issuer writes instead; `JWT` marks ID tokens too. */
  tokenType: z
    .string()
    .regex(/^[A-Za-z0-9.+-]{1,64}$/)
    .refine((type) => !/^jwt$/i.test(type), 'a type of its own')
    .default('at+jwt'),
  clientClaim: claimName.default('client_id'),
  /** The claim, and its value, that tells this tenant from others of the same issuer and audience. */
  tenantClaim: z.strictObject({ claim: claimName, value: text }).optional(),
  claims: z
    .strictObject({
      upn: upnClaim.default('upn'),
      subject: claimName.default('sub'),
      tokenId: claimName.default('jti'),
    })
    .prefault({}),
  ...common,
})

const tokenIssuer = z.discriminatedUnion('kind', [entraIssuer, genericIssuer])

const lifetimeSeconds = z.int().min(300).max(86_400)

const certificate = z.strictObject({
  lifetimeSeconds: lifetimeSeconds.default(3_600),
  backdateSeconds: z.int().min(0).max(3_600).default(300),
  /** Servers tell certificates apart by it. */
  markerOid: oid
    .refine(isOwnMarker, `a key purpose of its own: ${entraMarker}, under 2.25, or under an enterprise's arc`)
    .default(entraMarker),
  policyOid: oid.refine(isOwnPolicy, 'a policy of its own, such as anyPolicy is not').optional(),
  noRevAvail: z.boolean().default(true),
  /** Whether the UPN is written as rfc822Name too; never the `email` claim, which users may choose. */
  includeRfc822Name: z.boolean().default(false),
  includeDeviceId: z.boolean().default(false),
  /** The common name of users whose UPN has more than 64 characters: refused, or their object id instead. */
  longUpn: z.enum(['refuse', 'objectId']).default('refuse'),
  sid: z
    .discriminatedUnion('mode', [
      z.strictObject({ mode: z.literal('off') }),
      z.strictObject({
        mode: z.enum(['whenPresent', 'required']),
        domains: z.array(domainSid).min(1).max(50),
      }),
    ])
    .default({ mode: 'off' }),
})

/** Two token issuers that share `iss` and `aud` are told apart by different values of the same claim. */
const areDistinct = (issuers: readonly SourceConfiguration[]): boolean => {
  const sources = issuers.map(tokenSourceOf)
  return sources.every((a, index) =>
    sources.slice(index + 1).every((b) => {
      if (a.issuer !== b.issuer || a.audience !== b.audience) return true
      const sameClaim = a.tenantClaim !== undefined && a.tenantClaim.claim === b.tenantClaim?.claim
      return sameClaim && a.tenantClaim.value !== b.tenantClaim.value
    }),
  )
}

const members = z.strictObject({
  tenant: z.string().regex(tenantIdForm, '1 to 63 lower-case letters, digits and hyphens'),
  displayName: z
    .string()
    .max(64)
    .regex(/^[^\p{C}]+$/u, 'text without control characters'),
  tokenIssuers: z
    .array(tokenIssuer)
    .min(1)
    .max(20)
    .refine(areDistinct, 'issuers of the same iss and aud need different values of one tenant claim'),
  upn: z.strictObject({
    suffixes: z.array(domainName).min(1).max(100),
    /** Whether guests of an Entra directory, whom the name (`#EXT#`, `_EXT_`), `acct` or `idp` shows, get certificates. */
    allowGuests: z.boolean().default(false),
  }),
  /** Ids by which policies mean this service, beside the audiences of its tokens: its registration, Entra's "VPN Server". */
  applicationIds: z.array(text).max(100).default([]),
  /** Shortens the life of certificates that these policies, by their ids, apply to. */
  lifetimes: z.record(text, lifetimeSeconds).default({}),
  /** What tells of devices beside the compliance token. */
  evidence: evidence.optional(),
  /** Where users read how to meet the policies. */
  remediationLink: urlForm.optional(),
  certificate: certificate.prefault({}),
  authority: z
    .strictObject({
      algorithm: z.enum(['ES256', 'ES384', 'RS256']).default('ES256'),
      /** How long a root or issuer is in the bundle before it may be put to work: servers fetch it meanwhile. */
      publicationWindowSeconds: z
        .int()
        .min(0)
        .max(90 * 86_400)
        .default(7 * 86_400),
    })
    .prefault({}),
})

/** The configuration document of a tenant, as `mayfly tenant apply` reads it. Unknown members are errors. */
export const configurationSchema = members.superRefine((configuration, context) => {
  for (const { path, message } of sourceFaults(configuration))
    context.addIssue({ code: 'custom', path: [...path], message })
})

/** A tenant's configuration with every default filled in. */
export type Configuration = z.output<typeof configurationSchema>

/** One issuer of compliance tokens that a tenant trusts. */
export type TokenIssuer = z.output<typeof tokenIssuer>

/** The most characters of a document: a table property holds 32 K UTF-16 units. */
export const maxDocumentCharacters = 30_000

const describe = (issues: readonly z.core.$ZodIssue[]): string =>
  issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || 'the document'}: ${message}`)
    .join('; ')

/**
 * Parses a configuration document.
 * @throws {Refusal} `configuration-invalid` naming each member that is wrong.
 */
export const parseConfiguration = (document: unknown): Configuration => {
  const parsed = configurationSchema.safeParse(document)
  if (!parsed.success) {
    throw new Refusal(
      'configuration-invalid',
      `Cannot accept the configuration: ${describe(parsed.error.issues)}.`,
    )
  }
  if (JSON.stringify(parsed.data).length > maxDocumentCharacters) {
    throw new Refusal(
      'configuration-invalid',
      `Cannot accept the configuration: over ${maxDocumentCharacters} characters.`,
    )
  }
  return parsed.data
}
