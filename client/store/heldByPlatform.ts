import { X509Certificate } from 'node:crypto'
import type { HeldCredential } from '../credential/credentialStore.ts'
import { readGeneration } from '../credential/readGeneration.ts'
import { ownCertificatesOf } from './ownCertificates.ts'
import type { Platform } from './platform.ts'

/** How a platform's store calls a certificate: SHA-1, upper-case hex. */
export const thumbprintOf = ({ fingerprint }: X509Certificate): string => fingerprint.replaceAll(':', '')

/** Parses the certificate that a folder has in use; undefined where there is none. */
export const certificateIn = async (folder: string): Promise<X509Certificate | undefined> => {
  const [pem] = readGeneration(folder, ['certificate.pem'])
  try {
    return pem === undefined ? undefined : new X509Certificate(pem)
  } catch {
    return undefined
  }
}

/** A certificate that is in use, by how the store calls it. */
export interface HeldByPlatform extends HeldCredential {
  readonly thumbprint: string
}

/** Reads what is in use: the certificate is in the folder, and it is ours, and in the store. */
export const heldByPlatform = async (
  folder: string,
  { name, holds }: Pick<Platform, 'name' | 'holds'>,
): Promise<HeldByPlatform | undefined> => {
  const found = await certificateIn(folder)
  if (!found) return undefined
  const thumbprint = thumbprintOf(found)
  const { certificates } = await ownCertificatesOf(folder, name)
  if (!certificates.some((own) => own.thumbprint === thumbprint) || !(await holds(thumbprint)))
    return undefined
  const { publicKey, serialNumber, validFromDate: notBefore, validToDate: notAfter } = found
  return {
    thumbprint,
    certificate: found.toString(),
    key: { publicKey },
    serialNumber: serialNumber.toLowerCase(),
    notBefore,
    notAfter,
  }
}
