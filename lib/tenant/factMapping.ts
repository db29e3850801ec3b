import * as z from 'zod'
import { factKinds, type FactName } from '../policy/signals/factKinds.ts'
import { claimName, text } from './claimName.ts'

/** Where a value stands in a token: the name of a claim, or the names of members from the outermost one in. */
export const claimPath = z.union([claimName, z.array(claimName).min(1).max(8)])
export type ClaimPath = z.output<typeof claimPath>

const factNames = Object.keys(factKinds) as [FactName, ...FactName[]]

const factValue = z.union([z.string().max(512), z.boolean(), z.number().min(0)])

/**
 * How a claim tells a fact: as the vocabulary has it, by a table of what the claim has instead (null: there is none), or, for
 * an age, by the time that the age counts from (NumericDate or RFC 3339).
 */
const factSource = z.union([
  claimPath,
  z.strictObject({ claim: claimPath, values: z.record(text, factValue.nullable()) }),
  z.strictObject({ claim: claimPath, since: z.literal(true) }),
])
export type FactMappingSource = z.output<typeof factSource>

/** Claims by the facts of the vocabulary that they tell. */
export const factMapping = z.partialRecord(z.enum(factNames), factSource)
export type FactMapping = z.output<typeof factMapping>
