import { Refusal } from '../errors/refusal.ts'
import type { ClaimPath } from '../tenant/factMapping.ts'

/** A JWT Claims Set (RFC 7519 section 4); values are not yet checked. */
export type ClaimsSet = Readonly<Record<string, unknown>>

const maxCharacters = 512

/** Printable ASCII: what names and identifiers of tokens consist of; nothing that could forge a log line or a key. */
const printable = /^[\x20-\x7e]+$/

const invalid = (claim: string, why: string) =>
  new Refusal('token-claim-invalid', `Cannot accept the token: its claim "${claim}" ${why}.`)

/** Reads a claim of any kind; undefined when absent, and when null or empty, as serializers write one that is not there. */
export const claimOf = (claims: ClaimsSet, claim: string): unknown => {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  return value === null || value === '' ? undefined : value
}

/** Tells whether a value from outside is an object that has members: no list, and not null. */
const hasMembers = (value: unknown): value is ClaimsSet =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads a claim, or a member of claims that are objects: no member of a list, and nothing that is inherited.
 * @param path a name, or names from the outermost one in.
 * @returns undefined when absent, and when null or empty, as claimOf() does.
 */
export const claimAt = (claims: ClaimsSet, path: ClaimPath): unknown => {
  let value: unknown = claims
  for (const name of [path].flat()) value = hasMembers(value) ? claimOf(value, name) : undefined
  return value
}

const optionalString = (claims: ClaimsSet, claim: string): string | undefined => {
  const value = claimOf(claims, claim)
  if (value !== undefined && typeof value !== 'string') throw invalid(claim, 'is not a string')
  return value
}

const present = (value: string | undefined, claim: string): string => {
  if (value === undefined) throw invalid(claim, 'is missing')
  return value
}

/** Reads a text claim of 1 to 512 printable ASCII characters; undefined when absent, null or empty. @throws {Refusal} `token-claim-invalid` */
export const optionalText = (claims: ClaimsSet, claim: string): string | undefined => {
  const value = optionalString(claims, claim)
  if (value === undefined) return undefined
  if (value.length <= maxCharacters && printable.test(value)) return value
  throw invalid(claim, `is not 1 to ${maxCharacters} printable ASCII characters`)
}

/** Reads a text claim that must be there. @throws {Refusal} `token-claim-invalid` */
export const requiredText = (claims: ClaimsSet, claim: string): string =>
  present(optionalText(claims, claim), claim)

/** Reads a claim of any string, for a parser of its own to judge. @throws {Refusal} `token-claim-invalid` */
export const requiredString = (claims: ClaimsSet, claim: string): string =>
  present(optionalString(claims, claim), claim)

/** The last second of the year 9999, the end of what dates of certificates and tables can say. */
const maxNumericDate = 253_402_300_799

/** Takes a value for a NumericDate (RFC 7519 section 2): seconds since 1970; undefined for anything else. */
export const numericDateOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= maxNumericDate ? value : undefined

/** Reads a NumericDate (seconds since 1970, RFC 7519 section 2); undefined when absent, null or empty. @throws {Refusal} `token-claim-invalid` */
export const optionalNumericDate = (claims: ClaimsSet, claim: string): number | undefined => {
  const value = claimOf(claims, claim)
  if (value === undefined) return undefined
  if (typeof value === 'string') throw invalid(claim, 'is a string, a number of seconds wanted')
  const date = numericDateOf(value)
  if (date === undefined) throw invalid(claim, 'is not a NumericDate, which counts seconds')
  return date
}

/** Reads a NumericDate that must be there. @throws {Refusal} `token-claim-invalid` */
export const requiredNumericDate = (claims: ClaimsSet, claim: string): number => {
  const value = optionalNumericDate(claims, claim)
  if (value === undefined) throw invalid(claim, 'is missing')
  return value
}

/**
 * A token has one audience: with two it could be good for two tenants that share an issuer.
 * RFC 7519 section 4.1.3 allows an array; one of a single member is the same thing.
 */
export const onlyAudience = ({ aud }: ClaimsSet): unknown =>
  Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
