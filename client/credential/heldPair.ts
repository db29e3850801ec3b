import { type KeyObject, X509Certificate } from 'node:crypto'
import type { PemKey } from './clientKey.ts'
import type { HeldCredential } from './credentialStore.ts'
import { publicKeyIn } from './publicKeyIn.ts'
import { readGeneration } from './readGeneration.ts'

/** A certificate and its key as they are in a folder. */
export interface HeldPair extends HeldCredential {
  readonly key: Pick<PemKey, 'publicKey' | 'pem'>
}

/** Whether two keys are one. */
export const isSameKey = (one: KeyObject, other: KeyObject): boolean => one.equals(other)

/** Parses what is in use; undefined for what is none. */
const certificateIn = (pem: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

/** Reads the pair that a folder has in use, whatever kind its key is of; undefined for one that does not fit, or that is none. */
export const heldPair = async (folder: string): Promise<HeldPair | undefined> => {
  const [pem = '', certificate = ''] = readGeneration(folder, ['key.pem', 'certificate.pem'])
  const parsed = certificateIn(certificate)
  const publicKey = parsed && publicKeyIn(pem)
  if (!publicKey || !isSameKey(publicKey, parsed.publicKey)) return undefined
  const { serialNumber, validFromDate: notBefore, validToDate: notAfter } = parsed
  const key = { publicKey, pem }
  return { certificate, key, serialNumber: serialNumber.toLowerCase(), notBefore, notAfter }
}
