import * as z from 'zod'
import { ageUnits } from '../policy/signals/ageUnits.ts'
import { factKinds, type FactName } from '../policy/signals/factKinds.ts'
import { isValueOf, valuesOf } from '../policy/signals/isValueOf.ts'
import { claimName, text } from './claimName.ts'

/** Where a value stands in a token: the name of a claim, or the names of members from the outermost one in. */
export const claimPath = z.union([claimName, z.array(claimName).min(1).max(8)], {
  error: 'the name of a claim, or a list of up to 8 names from the outermost one in',
})
export type ClaimPath = z.output<typeof claimPath>

const factNames = Object.keys(factKinds) as [FactName, ...FactName[]]

const factValue = z.union([z.string().max(512), z.boolean(), z.number()])

/**
 * How a claim tells a fact: as the vocabulary has it, by a table of what the claim has instead (null: there is none), or, for
 * an age, by the time that the age counts from (NumericDate or RFC 3339).
 */
const factSource = z.union(
  [
    claimPath,
    z.strictObject({
      claim: claimPath,
      values: z.record(text, factValue.nullable()).refine((values) => Object.keys(values).length > 0),
    }),
    z.strictObject({ claim: claimPath, since: z.literal(true) }),
  ],
  { error: 'the name of a claim, a list of names, {claim, values} or {claim, since: true}' },
)
export type FactMappingSource = z.output<typeof factSource>

/** What is wrong with how a fact is mapped. */
interface Fault {
  readonly path: readonly string[]
  readonly message: string
}

/** Finds what a fact cannot be: a value of a table that it never has, or an age where it is none. */
const faultsOf = (fact: FactName, source: FactMappingSource): readonly Fault[] => {
  if (typeof source === 'string' || Array.isArray(source)) return []
  if ('since' in source) {
    const message = `only these count from a time: ${Object.keys(ageUnits).join(', ')}`
    return Object.hasOwn(ageUnits, fact) ? [] : [{ path: [fact, 'since'], message }]
  }
  return Object.entries(source.values)
    .filter(([, value]) => value !== null && !isValueOf(fact, value))
    .map(([name]) => ({ path: [fact, 'values', name], message: `${valuesOf(fact)}, or null` }))
}

const entriesOf = (mapping: FactMapping) => Object.entries(mapping) as [FactName, FactMappingSource][]

const factName = z.enum(factNames, { error: `one of the facts ${factNames.join(', ')}` })

/** Claims by the facts of the vocabulary that they tell. */
export const factMapping = z.partialRecord(factName, factSource).superRefine((mapping, context) => {
  for (const { path, message } of entriesOf(mapping).flatMap(([fact, source]) => faultsOf(fact, source)))
    context.addIssue({ code: 'custom', path: [...path], message })
})
export type FactMapping = Readonly<Partial<Record<FactName, FactMappingSource>>>
