import * as z from 'zod'
import { parseUuid } from '../../text/parseUuid.ts'
import { conditionsSchema } from './conditionsSchema.ts'
import { grantControlsSchema } from './grantControlsSchema.ts'
import { displayName, identifier } from './identifiers.ts'
import { neverApplies } from './neverApplies.ts'
import { type GraphFile, parseGraphFile } from './parseGraphFile.ts'
import type { Policy } from './policy.ts'
import { addReason } from './rejection.ts'
import { sessionControlsSchema } from './sessionControlsSchema.ts'

/** Bounds the policies of a tenant, as Entra does. */
export const maxPolicies = 250

export interface PolicyOptions {
  /** Lists the ids of the applications that mean this service. */
  readonly applicationIds: readonly string[]
  /** Keeps policies that nothing here can satisfy as never satisfied, instead of rejecting them. */
  readonly denyUnprovable: boolean
}

const states = {
  enabled: 'enabled',
  disabled: 'disabled',
  enabledForReportingButNotEnforced: 'reportOnly',
} as const

/** Read what every policy says, also one that never applies. */
const identity = {
  id: identifier.optional(),
  displayName,
  state: z
    .enum(['enabled', 'disabled', 'enabledForReportingButNotEnforced'])
    .transform((state) => states[state]),
}

const outlineSchema = z.looseObject({ ...identity, conditions: z.looseObject({}).default({}) })

type Outline = z.output<typeof outlineSchema>

const whyNever = ({ state, conditions }: Outline, applicationIds: readonly string[]): string | undefined =>
  state === 'disabled' ? 'it is disabled' : neverApplies(conditions, applicationIds)

const liveSchema = (denyUnprovable: boolean) =>
  z
    .strictObject({
      ...identity,
      description: z.string().optional(),
      templateId: z.string().optional(),
      createdDateTime: z.string().optional(),
      modifiedDateTime: z.string().optional(),
      conditions: conditionsSchema,
      grantControls: grantControlsSchema(denyUnprovable).optional(),
      sessionControls: sessionControlsSchema.optional(),
    })
    .transform((given, context): Policy => {
      if (given.grantControls === undefined && given.sessionControls === undefined)
        addReason(context, given, 'asks for nothing: neither grantControls nor sessionControls are set')
      return {
        id: given.id ?? given.displayName,
        displayName: given.displayName,
        state: given.state,
        never: undefined,
        conditions: given.conditions,
        grant: given.grantControls ?? { kind: 'nothing' },
        signInFrequency: given.sessionControls?.signInFrequency,
        meaningless: given.sessionControls?.meaningless ?? [],
      }
    })

const otherKinds = [
  {
    members: ['ipRanges', 'countriesAndRegions'],
    reason: 'is a named location, which `mayfly location apply` takes',
  },
  {
    members: ['scheduledActionsForRule', 'passwordRequired', 'osMinimumVersion'],
    reason: 'is a compliance policy, which `mayfly compliance apply` takes',
  },
]

const schemas = { kept: liveSchema(true), rejected: liveSchema(false) }

/**
 * Parses a file of Graph's conditionalAccessPolicy documents (v1.0): one, an array, or the list that Graph answers with.
 * Whatever is not understood is rejected, all of it at once; a policy that can never apply here is kept, whatever else it
 * holds.
 */
export const parsePolicies = (file: unknown, options: PolicyOptions): GraphFile<Policy> => {
  const own = options.applicationIds.map((id) => parseUuid(id) ?? id)
  const schema = schemas[options.denyUnprovable ? 'kept' : 'rejected']
  const parse = (document: unknown): z.ZodSafeParseResult<Policy> => {
    const { data: outline } = outlineSchema.safeParse(document)
    const never = outline === undefined ? undefined : whyNever(outline, own)
    if (outline === undefined || never === undefined) return schema.safeParse(document, { reportInput: true })
    const { id = outline.displayName, displayName: name, state } = outline
    return { success: true, data: { id, displayName: name, state, never } }
  }
  return parseGraphFile(file, { parse, most: maxPolicies, otherKinds })
}
