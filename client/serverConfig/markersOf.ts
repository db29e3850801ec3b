import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { extensionValue, parseCertificate } from '../../lib/x509/certificate.ts'
import { clientAuthOid, decodeExtKeyUsage, extensionOid } from '../../lib/x509/extension.ts'

/**
 * Lists the markers that a bundle's issuers may sign for: each is constrained to clientAuth and the marker of its tenant.
 * @returns dotted object identifiers, each once; none when no issuer is constrained.
 */
export const markersOf = ({ issuers }: Pick<TrustBundle, 'issuers'>): readonly string[] => {
  const purposes = issuers.flatMap(({ der }) => {
    const value = extensionValue(parseCertificate(der).tbs, extensionOid.extKeyUsage)
    return value ? decodeExtKeyUsage(value) : []
  })
  return [...new Set(purposes)].filter((purpose) => purpose !== clientAuthOid)
}
