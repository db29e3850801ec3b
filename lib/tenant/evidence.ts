import * as z from 'zod'
import { attestedFacts } from '../policy/signals/attestedFacts.ts'
import { deviceProofs } from '../policy/signals/signals.ts'
import { text } from './claimName.ts'
import { claimPath, factMapping } from './factMapping.ts'
import { clockToleranceSeconds, keyOptions, maxStaleKeysSeconds } from './keyOptions.ts'

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID in lower case')

/** Tokens about devices need `iat` and `exp`, and are good for this long at most after they were issued. */
const maxAgeSeconds = z.int().min(60).max(86_400)

const common = { ...keyOptions, clockToleranceSeconds, maxStaleKeysSeconds }

/** Whoever issues posture tokens: an MDM, Fleet, a posture service. */
const postureIssuer = z.strictObject({
  ...common,
  /** The only `aud` that its tokens may have: another than that of compliance tokens of the same issuer. */
  audience: text,
  /** The `typ` of its tokens; any when left out. */
  tokenType: z
    .string()
    .regex(/^[A-Za-z0-9.+-]{1,64}$/)
    .optional(),
  /** Where its tokens name the device: its id as the compliance token has it. */
  deviceIdClaim: claimPath.optional(),
  /** Where its tokens name the user, whose UPN must then be that of the compliance token. */
  upnClaim: claimPath.optional(),
  maxAgeSeconds: maxAgeSeconds.default(3_600),
  facts: factMapping.refine((facts) => Object.keys(facts).length > 0, 'one fact at least'),
})
export type PostureIssuer = z.output<typeof postureIssuer>

/** Where an attestation holds the SHA-256 of the key's SubjectPublicKeyInfo: the whole value, in one encoding. */
const binding = z.strictObject({
  path: claimPath.default('nonce'),
  encoding: z.enum(['base64url', 'base64', 'hex']).default('base64url'),
})

const attesting = {
  ...common,
  binding: binding.prefault({}),
  /** Where it names the device, as the compliance token has it. */
  deviceIdClaim: claimPath.optional(),
  maxAgeSeconds: maxAgeSeconds.default(3_600),
}

const attestationService = z.discriminatedUnion('kind', [
  /** Azure Attestation, for TPM and VBS: what its claims mean is built in. */
  z.strictObject({
    kind: z.literal('azure'),
    ...attesting,
    /** The `x-ms-policy-hash` of each policy that may have judged the machine. */
    policyHashes: z
      .array(z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a SHA-256 as base64url'))
      .min(1)
      .max(20),
  }),
  /** An Entity Attestation Token, RFC 9711. */
  z.strictObject({
    kind: z.literal('eat'),
    ...attesting,
    /** The only `aud` that its tokens may have; they may have none when left out. */
    audience: text.optional(),
    facts: factMapping.refine(
      (mapping) => attestedFacts.every((fact) => !Object.hasOwn(mapping, fact)),
      `${attestedFacts.join(' and ')} are told by every attestation, not by claims`,
    ),
  }),
])
export type AttestationService = z.output<typeof attestationService>

/** The directory of the deployment's own Entra tenant, asked by the id of the device that the compliance token names. */
const directory = z.strictObject({
  kind: z.literal('entra'),
  directoryId: uuid,
  /** What the directory proves; its word then counts beside every other proof of the control. */
  proves: z.array(z.enum(deviceProofs)).min(1).max(2).default(['compliantDevice']),
  /** The claim with the object id of the user in the directory; that of Entra's own tokens when left out. */
  userIdClaim: claimPath.optional(),
  /** Whether Intune is asked for the facts that compliance policies want. */
  intune: z.boolean().default(false),
})
export type DirectorySource = z.output<typeof directory>

const sources = z.strictObject({
  /** Declares that any healthy machine will do: evidence that names no device then counts by the key alone. */
  anyMachine: z.boolean().default(false),
  posture: z.array(postureIssuer).min(1).max(10).optional(),
  attestation: z.array(attestationService).min(1).max(10).optional(),
  directory: directory.optional(),
})

/** Says what tells of devices beside the compliance token. Tokens that name no device could otherwise never count. */
export const evidence = sources.superRefine(({ anyMachine, ...lists }, context) => {
  if (anyMachine) return
  for (const list of ['posture', 'attestation'] as const)
    for (const [index, { deviceIdClaim }] of (lists[list] ?? []).entries())
      if (deviceIdClaim === undefined)
        context.addIssue({
          code: 'custom',
          path: [list, index, 'deviceIdClaim'],
          message: 'needed, unless anyMachine declares that evidence need not name the device',
        })
})

/** The sources of a tenant beside its compliance tokens. */
export type EvidenceSources = z.output<typeof evidence>
