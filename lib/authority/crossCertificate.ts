import type { NewRow, StoredRow } from '../store/tables.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import { certificateDigest } from '../x509/certificate.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'
import { certificateOf, type Generation, isPublished } from './generation.ts'

/** One root's key certified by another root: NewWithOld or OldWithNew of RFC 9810 section 4.4. */
export interface CrossCertificate {
  readonly tenant: TenantId
  /** `cross~0002-0001`, the subject's number first: also its row key. */
  readonly id: string
  /** The ids of the roots whose key is certified, and that certifies. */
  readonly subject: string
  readonly signedBy: string
  /** DER Certificate. */
  readonly certificate: Uint8Array
  readonly tbs: TbsCertificate
  /** SHA-256 of the certificate, lower-case hex. */
  readonly digest: string
}

/** The id of the cross certificate of one root by another. */
export const crossId = (subject: string, signedBy: string): string =>
  `cross~${subject.split('~')[1]}-${signedBy.split('~')[1]}`

/** A cross certificate as its row stores it. */
export const crossRow = ({ tenant, id, subject, signedBy, certificate }: CrossCertificate): NewRow => ({
  partition: tenant,
  row: id,
  values: { subject, signedBy, certificate },
})

/** A cross certificate as its row says it; undefined for other rows of the partition. */
export const crossFromRow = (row: StoredRow, tenant: TenantId): CrossCertificate | undefined => {
  if (!/^cross~\d{4}-\d{4}$/.test(row.row)) return undefined
  const { der, tbs } = certificateOf(row)
  return {
    tenant,
    id: row.row,
    subject: String(row.values['subject']),
    signedBy: String(row.values['signedBy']),
    certificate: der,
    tbs,
    digest: certificateDigest(der),
  }
}

/** The cross certificates that the bundle holds: those between roots that it holds. */
export const publishedCross = (
  generations: readonly Generation[],
  crossCertificates: readonly CrossCertificate[],
): readonly CrossCertificate[] => {
  const published = new Set(generations.filter(isPublished).map(({ id }) => id))
  return crossCertificates.filter(
    ({ subject, signedBy }) => published.has(subject) && published.has(signedBy),
  )
}
