import * as z from 'zod'
import { deviceProofs, type ProvableControl } from '../policy/signals/signals.ts'
import { claimName, claimValue, text } from './claimName.ts'

const claim = { claim: claimName, equals: claimValue }

const authenticationContext = {
  /** The context that `acrs` must contain. */
  context: z.string().regex(/^c([1-9]\d?)$/, 'an authentication context, c1 to c99'),
  /** The Entra policy that grants this context to those alone who meet the control: what the declaration rests on. */
  entraPolicy: text,
}

const byClaim = { by: z.literal('claim'), ...claim }
const byContext = { by: z.literal('authenticationContext'), ...authenticationContext }
/** A challenge lists what would do, between spaces and in quotes (RFC 9470 section 3): another value could not be asked for. */
const acrValue = text.regex(
  /^[\x21\x23-\x5b\x5d-\x7e]+$/,
  'printable ASCII without spaces, quotes and backslashes',
)

/** Proves by `acr` (RFC 9068 section 2.2.1), which is one of the values. */
const byAcr = { by: z.literal('acr'), values: z.array(acrValue).min(1).max(20) }
/** Proves by `amr` (RFC 8176), which contains all of the values. */
const byAmr = { by: z.literal('amr'), contains: z.array(text).min(1).max(20) }

const proofSource = z.discriminatedUnion('by', [
  z.strictObject(byClaim),
  z.strictObject(byContext),
  z.strictObject(byAcr),
  z.strictObject(byAmr),
])

/** One way in which a token proves a control. */
export type ProofSource = z.output<typeof proofSource>

/** Names a control as people read it. */
export const controlText = (control: ProvableControl): string => {
  if (control === 'compliantDevice') return 'a compliant device'
  if (control === 'domainJoinedDevice') return 'a device joined to the domain'
  return control === 'mfa' ? 'multifactor authentication' : `the ${control}`
}

const controlForm =
  /^(?:compliantDevice|domainJoinedDevice|mfa|strength [\dA-Za-z-]{1,64}|combination [\dA-Za-z]{1,64}(?:,[\dA-Za-z]{1,64}){0,3})$/

const control = z.custom<ProvableControl>(
  (value) => typeof value === 'string' && controlForm.test(value),
  'compliantDevice, domainJoinedDevice, mfa, "strength <id>" or "combination <methods>"',
)

/** Lists what proves which control. Entries of one control must hold together; of the sources of an `anyOf` one is enough. */
export const proofs = z
  .array(
    z.discriminatedUnion('by', [
      z.strictObject({ control, ...byClaim }),
      z.strictObject({ control, ...byContext }),
      z.strictObject({ control, ...byAcr }),
      z.strictObject({ control, ...byAmr }),
      z.strictObject({ control, by: z.literal('anyOf'), sources: z.array(proofSource).min(1).max(20) }),
    ]),
  )
  .max(100)

/** Lists what proves a compliant device, as documents did before they named other controls: any one is enough. */
export const complianceProofs = z
  .array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('claim'), ...claim }),
      z.strictObject({ kind: z.literal('authenticationContext'), ...authenticationContext }),
    ]),
  )
  .min(1)
  .max(20)

type ComplianceProof = z.output<typeof complianceProofs>[number]

/** The members of a token issuer that say what its tokens prove. */
interface Proving {
  readonly proofs?: z.output<typeof proofs> | undefined
  readonly complianceProofs?: readonly ComplianceProof[] | undefined
}

/** A control, and the sources any one of which proves it. */
export interface ProofMapping {
  readonly control: ProvableControl
  readonly anyOf: readonly ProofSource[]
}

const sourceOf = (proof: ComplianceProof): ProofSource => {
  if (proof.kind === 'claim') return { by: 'claim', claim: proof.claim, equals: proof.equals }
  return { by: 'authenticationContext', context: proof.context, entraPolicy: proof.entraPolicy }
}

/** Tells what proves which control: mappings of one control must hold together. */
export const proofsOf = ({
  complianceProofs: ofOld,
  proofs: named = [],
}: Proving): readonly ProofMapping[] => [
  ...(ofOld ? [{ control: 'compliantDevice', anyOf: ofOld.map(sourceOf) } as const] : []),
  ...named.map(({ control: proven, ...proof }) => ({
    control: proven,
    anyOf: proof.by === 'anyOf' ? proof.sources : [proof],
  })),
]

/** One authentication context of Entra, and what an administrator declares that it proves. */
export type ContextMapping = Extract<ProofSource, { readonly by: 'authenticationContext' }> &
  Pick<ProofMapping, 'control'>

/** Lists what rests on policies of Entra, which nobody reads here. */
export const contextsOf = (issuer: Proving): readonly ContextMapping[] =>
  proofsOf(issuer).flatMap(({ control: proven, anyOf }) =>
    anyOf.flatMap((source) =>
      source.by === 'authenticationContext' ? [{ ...source, control: proven }] : [],
    ),
  )

/** Tells whether tokens can prove what every certificate asks for: a device that is compliant, or joined to the domain. */
export const provesDevice = (issuer: Proving): boolean =>
  proofsOf(issuer).some(({ control: proven }) => deviceProofs.some((one) => one === proven))
