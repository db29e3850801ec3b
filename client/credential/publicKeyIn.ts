import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { tpm2PublicKey } from './tpm2PublicKey.ts'

/** Tells the public key of what is in a `key.pem`; undefined for what is no key. */
export const publicKeyIn = (pem: string): KeyObject | undefined => {
  try {
    return tpm2PublicKey(pem) ?? createPublicKey(createPrivateKey(pem))
  } catch {
    return undefined
  }
}
