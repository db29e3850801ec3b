import { KeyObject } from 'node:crypto'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import { leastModulusBits } from './tokenSignature.ts'

/** Finds the one key that fits a token's header; a published key that cannot be imported, or is too weak, is none. */
export type FindKey = (header: JWSHeaderParameters) => Promise<KeyObject | undefined>

const isStrong = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean =>
  asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) >= leastModulusBits

const findAnew = async (
  find: ReturnType<typeof createLocalJWKSet>,
  header: JWSHeaderParameters,
): Promise<KeyObject | undefined> => {
  try {
    const key = KeyObject.from(await find(header))
    return isStrong(key) ? key : undefined
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof DOMException) return undefined
    throw error
  }
}

/**
 * Finds keys in a JWK Set, RFC 7517 section 5, each by its `kid`, `alg`, `use` and `key_ops`.
 * @throws {JWKSInvalid} where the document is not a set.
 */
export const keyFinder = (jwks: JSONWebKeySet): FindKey => {
  const find = createLocalJWKSet(jwks)
  // Of keys that are there, not of what is asked for: anyone can send a kid that nobody published.
  const found = new Map<string, KeyObject>()
  return async (header) => {
    const name = JSON.stringify([header.alg, header.kid])
    const key = found.get(name) ?? (await findAnew(find, header))
    if (key) found.set(name, key)
    return key
  }
}
