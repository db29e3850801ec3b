import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isRocaModulus, hasSmallOrder } from '../x509/isRocaModulus.ts'
import { certifiedKey } from './certifiedKey.ts'
import { algorithmsFor, leastModulusBits, type TokenAlgorithm } from './tokenSignature.ts'

/** One entry of a JWK Set: a key and the algorithms it verifies, or why it is none. */
export type PublishedKey =
  | {
      readonly kind: 'key'
      readonly kid: string | undefined
      readonly key: KeyObject
      readonly algorithms: readonly TokenAlgorithm[]
    }
  | {
      readonly kind: 'fault'
      readonly kid: string | undefined
      readonly why: string
      readonly isPrivate: boolean
    }

/** The most entries of a set: each is imported when it is fetched. */
const maxKeys = 256

/** Serializers write what a key does not have as null, an empty text or an empty list: none of them says anything. */
const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)

const saidMembers = (entry: unknown): JsonWebKey | undefined =>
  typeof entry === 'object' && entry !== null && !Array.isArray(entry)
    ? Object.fromEntries(Object.entries(entry).filter(([, value]) => isSaid(value)))
    : undefined

/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4: one prime of a modulus gives away the other. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const

const isPrivate = (jwk: JsonWebKey): boolean => privateMembers.some((name) => jwk[name] !== undefined)

/** RFC 7517 sections 4.2 and 4.3. */
const misused = ({ use, key_ops: operations }: JsonWebKey): string | undefined => {
  if (use !== undefined && use !== 'sig') return 'is not for signatures'
  const mayVerify = operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
  return mayVerify ? undefined : 'has key_ops that do not let it verify'
}

const importKey = (jwk: JsonWebKey): KeyObject | undefined => {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined
  }
}

const octetsOf = (text = ''): Buffer => Buffer.from(text, 'base64url')

/** Of RSA: a verification with more takes as long as dozens of others, and OpenSSL makes none with larger exponents. */
const limits = { modulusBits: 8_192, exponent: 2n ** 64n } as const

/** An exponent that has an inverse, and that is no identity. */
const isExponent = (e: bigint): boolean => e >= 3n && e % 2n === 1n && e < limits.exponent

/** Finds keys with which others than the holder can sign, or nobody can. With e = 1 a signature is its own message. */
const weaknessOf = (key: KeyObject): string | undefined => {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength = 0, publicExponent = 0n } = {} } =
    key
  const { n, x } = key.export({ format: 'jwk' })
  if (type === 'ed25519') return hasSmallOrder(octetsOf(x)) ? 'is a point of small order' : undefined
  if (type !== 'rsa') return undefined
  const modulus = octetsOf(n)
  if (modulusLength < leastModulusBits) return `has ${modulusLength} bits, fewer than ${leastModulusBits}`
  if (modulusLength > limits.modulusBits) return `has ${modulusLength} bits, more than ${limits.modulusBits}`
  if (!isExponent(publicExponent)) return 'has an exponent that is even, below 3 or over 64 bits'
  if ((modulus.at(-1) ?? 0) % 2 === 0) return 'has an even modulus'
  return isRocaModulus(modulus) ? 'has the fingerprint of CVE-2017-15361 (ROCA)' : undefined
}

/** EdDSA with the only curve there is here, and Ed25519, are one algorithm (RFC 9864 section 2.2). */
const areSame = (one: unknown, other: unknown): boolean =>
  one === other || [one, other].every((name) => name === 'EdDSA' || name === 'Ed25519')

/** RFC 7517 section 4.4: the algorithm that a key is meant for, or all that it can verify. */
const meantFor = (key: KeyObject, alg: unknown): readonly TokenAlgorithm[] =>
  algorithmsFor(key).filter((algorithm) => alg === undefined || areSame(alg, algorithm))

const publishedKey = (entry: unknown): PublishedKey => {
  const jwk = saidMembers(entry)
  if (!jwk) return { kind: 'fault', kid: undefined, why: 'is not an object', isPrivate: false }
  const kid = typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined
  const fault = (why: string): PublishedKey => ({ kind: 'fault', kid, why, isPrivate: isPrivate(jwk) })
  if (isPrivate(jwk)) return fault('is not public')
  const misuse = misused(jwk)
  if (misuse !== undefined) return fault(misuse)
  const key = certifiedKey(jwk) ?? importKey(jwk)
  if (!key) return fault('cannot be read')
  const weakness = weaknessOf(key)
  if (weakness !== undefined) return fault(weakness)
  const algorithms = meantFor(key, jwk['alg'])
  return algorithms.length > 0
    ? { kind: 'key', kid, key, algorithms }
    : fault('is for no algorithm of tokens')
}

/**
 * Reads a JWK Set, RFC 7517 section 5. An entry that is no key spoils only itself.
 * @throws {Error} when the document is no set, or one of more than 256 keys.
 */
export const publishedKeys = (document: unknown): readonly PublishedKey[] => {
  const { keys } = Object(document) as { readonly keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('The document is no set of keys.')
  if (keys.length > maxKeys) throw new Error(`The set has more than ${maxKeys} keys.`)
  return keys.map(publishedKey)
}
