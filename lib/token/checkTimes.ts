import type { RefusalCode } from '../errors/catalogue.ts'
import { Refusal } from '../errors/refusal.ts'
import { type ClaimsSet, optionalNumericDate, requiredNumericDate } from './claimsSet.ts'

/** The longest `exp - iat`: Entra's continuous access tokens live up to 28 hours. */
const maxTokenLifetimeSeconds = 28 * 60 * 60

/** The times of a token that passed. */
export interface TokenTimes {
  /** `iat`, NumericDate. */
  readonly issuedAt: number
  /** `exp`, NumericDate. */
  readonly expiresAt: number
}

/** The tenant's limits for one token issuer. */
export interface TimeRules {
  readonly maxTokenAgeSeconds: number
  /** For clocks that differ; applies to `nbf` and `iat`, never to `exp`. */
  readonly clockToleranceSeconds: number
  /** The greatest `exp - iat`; that of compliance tokens when left out. */
  readonly maxLifetimeSeconds?: number
}

const refuse = (code: RefusalCode, why: string) => new Refusal(code, `Cannot accept the token: ${why}.`)

const seconds = (value: number) => `${Math.ceil(value)} s`

/**
 * Checks that a token has not expired. No clock tolerance applies.
 * @param now seconds since 1970, with fractions.
 * @throws {Refusal} `token-expired`, also when `exp` equals now.
 */
export const checkUnexpired = (expiresAt: number, now: number): void => {
  if (now >= expiresAt) throw refuse('token-expired', `it expired ${seconds(now - expiresAt)} ago`)
}

/**
 * Checks `exp`, `nbf` and `iat` (RFC 7519 sections 4.1.4 to 4.1.6) against now.
 * @param now seconds since 1970, with fractions.
 * @throws {Refusal} `token-expired`, `token-not-yet-valid`, `token-lifetime-too-long`, `token-too-old` or `token-claim-invalid`
 */
export const checkTimes = (claims: ClaimsSet, now: number, rules: TimeRules): TokenTimes => {
  const { maxLifetimeSeconds = maxTokenLifetimeSeconds } = rules
  const expiresAt = requiredNumericDate(claims, 'exp')
  const issuedAt = requiredNumericDate(claims, 'iat')
  const startsAt = Math.max(optionalNumericDate(claims, 'nbf') ?? 0, issuedAt)
  checkUnexpired(expiresAt, now)
  if (startsAt - now > rules.clockToleranceSeconds) {
    throw refuse('token-not-yet-valid', `it is valid in ${seconds(startsAt - now)}`)
  }
  if (expiresAt <= startsAt) {
    throw refuse('token-claim-invalid', 'its claim "exp" is not after its "iat" and "nbf"')
  }
  if (expiresAt - issuedAt > maxLifetimeSeconds) {
    throw refuse(
      'token-lifetime-too-long',
      `it lives ${seconds(expiresAt - issuedAt)}, the limit is ${maxLifetimeSeconds} s`,
    )
  }
  if (now - issuedAt > rules.maxTokenAgeSeconds) {
    throw refuse(
      'token-too-old',
      `it was issued ${seconds(now - issuedAt)} ago, the limit is ${rules.maxTokenAgeSeconds} s`,
    )
  }
  return { issuedAt, expiresAt }
}
