import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { leastModulusBits } from '../../lib/token/tokenSignature.ts'
import type { Found } from './finding.ts'

/** What a set of keys (RFC 7517) holds. */
export interface JudgedKeys {
  readonly count: number
  readonly usable: number
  /** What is wrong with others, a few words each. */
  readonly faults: readonly string[]
  /** Whether a private key is published. */
  readonly isExposed: boolean
}

const curves: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
}

const fits = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, algorithm: string): boolean => {
  if (algorithm === 'EdDSA') return asymmetricKeyType === 'ed25519'
  const curve = curves[algorithm]
  return curve === undefined ? asymmetricKeyType === 'rsa' : asymmetricKeyDetails?.namedCurve === curve
}

const nameOf = ({ kid }: JsonWebKey): string =>
  typeof kid === 'string' && /^[\w.~+/=-]{1,64}$/.test(kid) ? kid : 'a key without a plain kid'

const importKey = (jwk: JsonWebKey): KeyObject | undefined => {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** Why a key verifies no token; undefined when it does. */
const faultOf = (jwk: JsonWebKey, algorithms: readonly string[]): string | undefined => {
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return `${nameOf(jwk)} is not for signatures`
  const key = importKey(jwk)
  if (!key) return `${nameOf(jwk)} cannot be read`
  const { modulusLength } = key.asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined && modulusLength < leastModulusBits)
    return `${nameOf(jwk)} has ${modulusLength} bits, fewer than ${leastModulusBits}`
  const named = typeof jwk['alg'] === 'string' ? [jwk['alg']] : algorithms
  const usable = named.filter((algorithm) => algorithms.includes(algorithm) && fits(key, algorithm))
  return usable.length > 0 ? undefined : `${nameOf(jwk)} is for none of ${algorithms.join(', ')}`
}

const isPrivate = (jwk: JsonWebKey): boolean => jwk.d !== undefined || jwk.k !== undefined

/**
 * Judges the keys that a token issuer publishes, by the algorithms that its tokens may have.
 * @throws {Error} when the document is no set of keys.
 */
export const judgeKeys = (document: unknown, algorithms: readonly string[]): JudgedKeys => {
  const { keys } = (document ?? {}) as { readonly keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('The document is no set of keys.')
  const jwks = keys.filter((key): key is JsonWebKey => typeof key === 'object' && key !== null)
  const faults = jwks.map((jwk) => faultOf(jwk, algorithms)).filter((fault) => fault !== undefined)
  return { count: jwks.length, usable: jwks.length - faults.length, faults, isExposed: jwks.some(isPrivate) }
}

/** Tells of the keys of a token issuer. */
export const describeKeys = (subject: string, { count, usable, faults, isExposed }: JudgedKeys): Found => {
  const about = { id: 'token-issuer-keys', subject } as const
  const detail = [`${count} keys, ${usable} usable`, ...faults.slice(0, 3)].join('; ')
  if (isExposed)
    return {
      ...about,
      status: 'problem',
      detail: 'it publishes a private key: anyone can make its tokens',
      remedy: 'Take the issuer out of the configuration now; have it make a new key.',
    }
  if (usable > 0) return { ...about, status: 'ok', detail }
  const remedy =
    'No token of this issuer can be verified: have it sign with an algorithm that tokenIssuers lists, RSA keys of 2048 bits or more.'
  return { ...about, status: 'problem', detail, remedy }
}
