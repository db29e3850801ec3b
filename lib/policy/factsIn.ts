import type { ClaimPath, FactMapping, FactMappingSource } from '../tenant/factMapping.ts'
import { parseRfc3339 } from '../text/rfc3339.ts'
import { type ClaimsSet, claimAt, numericDateOf } from '../token/claimsSet.ts'
import { ageUnits } from './signals/ageUnits.ts'
import type { FactName, FactReport, FactSource, FactValue } from './signals/factKinds.ts'
import { isValueOf, valuesOf } from './signals/isValueOf.ts'
import type { Signal } from './signals/signal.ts'

/** Who told the claims, and when. */
export interface Told {
  readonly source: FactSource
  /** `iat`, seconds since 1970: what is told was so then. */
  readonly at: number
  /** The time of the decision, seconds since 1970. */
  readonly now: number
  /** For clocks that differ. */
  readonly clockToleranceSeconds: number
}

/** Reads a NumericDate, or a time of RFC 3339. */
const timeOf = (value: unknown): number | undefined =>
  typeof value === 'string' ? parseRfc3339(value) : numericDateOf(value)

/** Tells how long something was ago when it was told. A time to come would stay young for ever: it is unknown. */
const ageSince = (fact: FactName, value: unknown, told: Told): number | undefined => {
  const unit = ageUnits[fact]
  const since = timeOf(value)
  if (unit === undefined || since === undefined || since < 0) return undefined
  return since > told.now + told.clockToleranceSeconds ? undefined : Math.max(0, told.at - since) / unit
}

/** What a table names by its text: numbers and booleans as JSON writes them. A list names nothing. */
const nameIn = (value: unknown): string | undefined =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined

const inTable = (values: Readonly<Record<string, Signal<FactValue>>>, value: unknown): Signal<FactValue> => {
  const name = nameIn(value)
  return name !== undefined && Object.hasOwn(values, name) ? values[name] : undefined
}

/** How a claim is read: as it is, by a table, or as the time that an age counts from. */
interface Reading {
  readonly claim: ClaimPath
  readonly values?: Readonly<Record<string, Signal<FactValue>>>
  readonly since?: true
}

const readingOf = (source: FactMappingSource): Reading =>
  typeof source === 'string' || Array.isArray(source) ? { claim: source } : source

const valueIn = (
  { fact, reading: { claim, values, since } }: { readonly fact: FactName; readonly reading: Reading },
  claims: ClaimsSet,
  told: Told,
): Signal<FactValue> => {
  const value = claimAt(claims, claim)
  if (since) return ageSince(fact, value, told)
  const meant = values ? inTable(values, value) : value
  return meant === null || isValueOf(fact, meant) ? meant : undefined
}

const entriesOf = (mapping: FactMapping) => Object.entries(mapping) as [FactName, FactMappingSource][]

/**
 * Reads facts out of the claims of a verified token, by the tenant's mapping: one report for each fact that is mapped. What
 * is absent, of another type, or no value of the fact is unknown: nothing is converted, and a list of values is none.
 */
export const factsIn = (mapping: FactMapping, claims: ClaimsSet, told: Told): readonly FactReport[] =>
  entriesOf(mapping).map(([fact, source]) => {
    const value = valueIn({ fact, reading: readingOf(source) }, claims, told)
    return { fact, source: told.source, value, at: value === undefined ? undefined : Math.floor(told.at) }
  })

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

const wantedBy = (fact: FactName, { values, since }: Reading): string => {
  if (since) return 'a time of RFC 3339, or seconds since 1970'
  return values ? "a value of the tenant's table" : valuesOf(fact)
}

/** Any time will do to tell whether a claim is one. */
const whenever: Told = { source: 'token', at: 0, now: Number.MAX_SAFE_INTEGER, clockToleranceSeconds: 0 }

/**
 * Tells what is there instead of the value of a fact, such as `claim "x" is a string, true or false wanted`; nothing of the
 * claim itself. Undefined where the fact is told, is not mapped, or its claim is absent.
 */
export const mistakenFact = (mapping: FactMapping, claims: ClaimsSet, fact: FactName): string | undefined => {
  const source = mapping[fact]
  if (source === undefined) return undefined
  const reading = readingOf(source)
  const value = claimAt(claims, reading.claim)
  if (value === undefined || valueIn({ fact, reading }, claims, whenever) !== undefined) return undefined
  return `claim "${[reading.claim].flat().join('.')}" is ${typeOf(value)}, ${wantedBy(fact, reading)} wanted`
}
