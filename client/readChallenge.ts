import type { RefusalOptions } from '../lib/errors/refusal.ts'

/** One auth-param of a challenge (RFC 9110 section 11.2), as a quoted-string without escapes. */
const parameterForm = /(?<![a-z_])([a-z_]{1,40})="([^"\\]{0,8192})"/g

/** Bounds what is handed on to a token command, whose environment it becomes: nothing that a shell reads as its own. */
const claimsForm = /^[A-Za-z0-9+/_-]+={0,2}$/
const acrForm = /^[\w.~:/?#@+,=-]+( [\w.~:/?#@+,=-]+)*$/
const ageForm = /^\d{1,9}$/

const valueIn = (parameters: ReadonlyMap<string, string>, name: string, form: RegExp): string | undefined => {
  const value = parameters.get(name)
  return value !== undefined && form.test(value) ? value : undefined
}

/**
 * Reads what a Bearer challenge (RFC 6750 section 3) wants of the next token: claims, as Microsoft's services ask for
 * them, or another sign-in (RFC 9470).
 * @returns nothing where it wants what no token command could answer.
 */
export const readChallenge = (header = ''): Pick<RefusalOptions, 'challenge' | 'signIn'> => {
  if (!/^Bearer /i.test(header)) return {}
  const parameters = new Map(
    [...header.matchAll(parameterForm)].map(([, name = '', value = '']) => [name, value]),
  )
  const error = parameters.get('error')
  const claims = valueIn(parameters, 'claims', claimsForm)
  if (error === 'insufficient_claims' && claims !== undefined)
    return { challenge: { claims, authorizationUri: parameters.get('authorization_uri') ?? '' } }
  const acrValues = valueIn(parameters, 'acr_values', acrForm)?.split(' ') ?? []
  const age = valueIn(parameters, 'max_age', ageForm)
  const isOfSignIn =
    error === 'insufficient_user_authentication' && (acrValues.length > 0 || age !== undefined)
  return isOfSignIn
    ? { signIn: { acrValues, maxAgeSeconds: age === undefined ? undefined : Number(age) } }
    : {}
}
