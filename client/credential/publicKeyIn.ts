import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** Tells the public key of what is in a `key.pem`; undefined for what is no key. */
export const publicKeyIn = (pem: string): KeyObject | undefined => {
  try {
    return createPublicKey(createPrivateKey(pem))
  } catch {
    return undefined
  }
}
