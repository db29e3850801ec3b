import { encodePem } from '../../x509/pemBlock.ts'
import { type CrossCertificate, publishedCross } from '../crossCertificate.ts'
import { type Generation, isPublished } from '../generation.ts'
import { rowDigests } from './rowDigests.ts'
import type { TenantId } from '../../tenant/tenantId.ts'
import { rfc3339 } from '../../text/rfc3339.ts'

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

type Members = Pick<BundleSource, 'generations' | 'crossCertificates'>

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
