import { type BundleContent } from './bundleContent.ts'
import { bundledCertificates } from './bundleFolder.ts'

type Certificates = Pick<BundleContent, 'roots' | 'issuers' | 'crossCertificates'>

/** Whether a bundle still holds every certificate of another: none of them was retired or tainted meanwhile. */
export const holdsEvery = (bundle: Certificates, other: Certificates): boolean => {
  const held = new Set(bundledCertificates(bundle).map(({ sha256 }) => sha256))
  return bundledCertificates(other).every(({ sha256 }) => held.has(sha256))
}
