import { encodePem } from '../x509/pem.ts'
import { type CrossCertificate, publishedCross } from './crossCertificate.ts'
import { type Generation, isPublished } from './generation.ts'
import { rowDigests } from './rowDigests.ts'
import type { TenantId } from '../tenant/tenantId.ts'

/** How long a relying party may keep a bundle before it asks again, in seconds. */
export const refreshSeconds = 3600

/** What a bundle is made of. */
export interface BundleSource {
  readonly tenant: TenantId
  readonly sequence: number
  readonly issuedAt: Date
  readonly generations: readonly Generation[]
  readonly crossCertificates: readonly CrossCertificate[]
  /** When the first of the staged generations may be put to work; undefined when none is staged. */
  readonly nextActivation: Date | undefined
}

/** RFC 3339 to the second. */
const time = (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z')

const describe = ({ id, certificate, tbs, digest }: Generation | CrossCertificate) => ({
  id,
  notBefore: time(tbs.notBefore),
  notAfter: time(tbs.notAfter),
  sha256: digest,
  certificate: encodePem('CERTIFICATE', certificate),
})

type Members = Pick<BundleSource, 'generations' | 'crossCertificates'>

const published = ({ generations }: Members, kind: Generation['kind']) =>
  generations.filter(isPublished).filter((generation) => generation.kind === kind)

/** Every certificate of the bundle, in the order of its files: roots, issuers, cross certificates. */
export const bundledCertificates = (source: Members): readonly (Generation | CrossCertificate)[] => [
  ...published(source, 'root'),
  ...published(source, 'issuer'),
  ...publishedCross(source.generations, source.crossCertificates),
]

/** The bundle as JSON: what a VPN server installs to accept the tenant's certificates. Times are RFC 3339. */
export const bundleJson = (source: BundleSource) => ({
  tenant: source.tenant,
  sequence: source.sequence,
  issuedAt: time(source.issuedAt),
  refreshSeconds,
  nextActivation: source.nextActivation ? time(source.nextActivation) : null,
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

const stateOf = (entry: Generation | CrossCertificate): string =>
  'state' in entry ? entry.state : `${entry.subject} by ${entry.signedBy}`

const commented = (entry: Generation | CrossCertificate): string => {
  const heading = `# ${entry.id.replace('~', ' ')}, ${stateOf(entry)}, until ${time(entry.tbs.notAfter)}`
  return `${heading}\n# SHA-256 ${entry.digest}\n${encodePem('CERTIFICATE', entry.certificate)}`
}

/** The bundle as PEM with comments, roots first. */
export const bundlePem = (source: BundleSource): string =>
  [
    `# Trust bundle ${source.sequence} of ${source.tenant}, issued ${time(source.issuedAt)}\n`,
    ...bundledCertificates(source).map(commented),
  ].join('\n')
