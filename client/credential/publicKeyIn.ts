import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { pkcs11KeyIn } from './pkcs11Key.ts'
import { tpm2PublicKey } from './tpm2PublicKey.ts'

/**
 * Tells the public key of a key that is in a TPM or on a token, and of which a `key.pem` holds a reference; undefined for any other.
 * @throws {Error} for one that cannot be read
 */
export const keyElsewhereIn = (pem: string): KeyObject | undefined =>
  tpm2PublicKey(pem) ?? pkcs11KeyIn(pem)?.publicKey

/** Tells the public key of what is in a `key.pem`; undefined for what is no key. */
export const publicKeyIn = (pem: string): KeyObject | undefined => {
  try {
    return keyElsewhereIn(pem) ?? createPublicKey(createPrivateKey(pem))
  } catch {
    return undefined
  }
}
