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
      values: z
        .record(text, factValue.nullable())
        .refine((values) => Object.keys(values).length > 0, 'one value at least'),
    }),
    z.strictObject({ claim: claimPath, since: z.literal(true) }),
  ],
  { error: 'the name of a claim, a list of names, {claim, values} or {claim, since: true}' },
)
export type FactMappingSource = z.output<typeof factSource>

const factNames = Object.keys(factKinds) as FactName[]
const isFactName = (name: string): name is FactName => Object.hasOwn(factKinds, name)

/** What is wrong with how a fact is mapped. */
interface Fault {
  readonly path: readonly string[]
  readonly message: string
}

const unknownFact = (name: string): string => {
  const meant = factNames.find((fact) => fact.toLowerCase() === name.toLowerCase())
  return `no fact has this name: ${meant === undefined ? `the facts are ${factNames.join(', ')}` : `write ${meant}`}`
}

/** Finds what a fact cannot be: a value of a table that it never has, or an age where it is none. */
const faultsOf = ([fact, source]: readonly [string, FactMappingSource]): readonly Fault[] => {
  if (!isFactName(fact)) return [{ path: [fact], message: unknownFact(fact) }]
  if (typeof source === 'string' || Array.isArray(source)) return []
  if ('since' in source) {
    const message = `only these count from a time: ${Object.keys(ageUnits).join(', ')}`
    return Object.hasOwn(ageUnits, fact) ? [] : [{ path: [fact, 'since'], message }]
  }
  return Object.entries(source.values)
    .filter(([, value]) => value !== null && !isValueOf(fact, value))
    .map(([name]) => ({ path: [fact, 'values', name], message: `${valuesOf(fact)}, or null` }))
}

/** Claims by the facts of the vocabulary that they tell. */
export type FactMapping = Readonly<Partial<Record<FactName, FactMappingSource>>>

/** Checks a mapping against the vocabulary, so that a fact that it can never tell is found before devices are refused. */
export const factMapping = z
  .record(z.string(), factSource)
  .superRefine((mapping, context) => {
    for (const { path, message } of Object.entries(mapping).flatMap(faultsOf))
      context.addIssue({ code: 'custom', path: [...path], message })
  })
  .transform((mapping): FactMapping => mapping)
