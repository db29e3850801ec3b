import { encodePem } from '../../x509/pemBlock.ts'
import { type CrossCertificate, crossRow, publishedCross } from '../crossCertificate.ts'
import { type Generation, isPublished, toRow } from '../generation.ts'
import type { TenantId } from '../../tenant/tenantId.ts'
import { rfc3339 } from '../../text/rfc3339.ts'
import { createHash } from 'node:crypto'
import type { NewRow, Value } from '../../store/tables.ts'

/** How long a relying party may keep a bundle before it asks again, in seconds. */
export const refreshSeconds = 3600

export interface BundleSource {
  readonly tenant: TenantId
  readonly sequence: number
  readonly issuedAt: Date
  readonly generations: readonly Generation[]
  readonly crossCertificates: readonly CrossCertificate[]
  /** When the first of the staged generations may be put to work; undefined when none is staged. */
  readonly nextActivation: Date | undefined
}

const describe = ({ id, certificate, tbs, digest }: Generation | CrossCertificate) => ({
  id,
  notBefore: rfc3339(tbs.notBefore),
  notAfter: rfc3339(tbs.notAfter),
  sha256: digest,
  certificate: encodePem('CERTIFICATE', certificate),
})

const published = ({ generations }: Members, kind: Generation['kind']) =>
  generations.filter(isPublished).filter((generation) => generation.kind === kind)

/** The bundle as JSON: what a VPN server installs to accept the tenant's certificates. Times are RFC 3339. */
export const bundleJson = (source: BundleSource) => ({
  tenant: source.tenant,
  sequence: source.sequence,
  issuedAt: rfc3339(source.issuedAt),
  refreshSeconds,
  nextActivation: source.nextActivation ? rfc3339(source.nextActivation) : null,
  roots: published(source, 'root').map((root) => ({ ...describe(root), state: root.state })),
  issuers: published(source, 'issuer').map((issuer) => ({
    ...describe(issuer),
    state: issuer.state,
    signedBy: issuer.signedBy,
  })),
  crossCertificates: publishedCross(source.generations, source.crossCertificates).map((cross) => ({
    ...describe(cross),
    subject: cross.subject,
    signedBy: cross.signedBy,
  })),
  rowDigests: rowDigests(source),
})

type Members = Pick<BundleSource, 'generations' | 'crossCertificates'>

const plain = (value: Value): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value

const digestOf = ({ partition, row, values }: NewRow): string => {
  const members = Object.entries(values)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => [name, plain(value)])
  return createHash('sha256')
    .update(JSON.stringify([partition, row, members]))
    .digest('hex')
}

/**
 * SHA-256 of each row of an authority by its key, lower-case hex; retired and tainted ones included. A bundle signs them:
 * a row that somebody else wrote, altered or took away is found out, also in what the bundle itself does not show. The
 * digest is over the members that toRow() and crossRow() give: a member that a later version adds has to be left out of
 * what they give for a row that was written without it, or bundles signed before would not match.
 */
export const rowDigests = ({ generations, crossCertificates }: Members): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...generations.map(toRow), ...crossCertificates.map(crossRow)].map((row) => [row.row, digestOf(row)]),
  )
