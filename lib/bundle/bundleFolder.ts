import { encodePem } from '../x509/pemBlock.ts'
import { encodeCertsOnly } from '../x509/encodeCertsOnly.ts'
import { type BundleContent, type BundledCertificate } from './bundleContent.ts'
import { rfc3339 } from '../text/rfc3339.ts'
import { serverFiles } from './serverFiles.ts'

/** Every certificate of a bundle: roots first, because some programs read no further than the first. */
export const bundledCertificates = ({
  roots,
  issuers,
  crossCertificates,
}: Pick<BundleContent, 'roots' | 'issuers' | 'crossCertificates'>): readonly BundledCertificate[] => [
  ...roots,
  ...issuers,
  ...crossCertificates,
]

const what = ({ state, subject, signedBy }: BundledCertificate): string =>
  state ?? `the key of ${subject} signed by ${signedBy}`

const certificatePem = (entry: BundledCertificate): string =>
  `# ${entry.id}, ${what(entry)}, until ${rfc3339(entry.notAfter)}\n# SHA-256 ${entry.sha256}\n${encodePem('CERTIFICATE', entry.der)}`

const heading = ({ sequence, tenant, issuedAt }: BundleContent): string =>
  `# Trust bundle ${sequence} of ${tenant}, issued ${rfc3339(issuedAt)}\n`

/**
 * Writes what a server trusts, as PEM with comments: roots and issuers. A cross certificate has the name and the key of a root
 * that is there already, and OpenVPN does not start when two of its authorities share a name.
 */
export const bundlePem = (content: BundleContent): string =>
  [heading(content), ...[...content.roots, ...content.issuers].map(certificatePem)].join('\n')

/** The roots alone, as PEM with comments. */
export const rootsPem = (content: BundleContent): string =>
  [heading(content), ...content.roots.map(certificatePem)].join('\n')

/** Every certificate of a bundle as PKCS#7. */
export const bundlePkcs7 = (content: BundleContent): Uint8Array =>
  encodeCertsOnly(bundledCertificates(content).map(({ der }) => der))

/** Lists the files that follow from a bundle: name, with its folder, and octets. */
export const bundleFolder = (
  bundle: BundleContent & { readonly json: string },
): ReadonlyMap<string, Uint8Array> =>
  new Map([
    ...bundledCertificates(bundle).map(
      (entry) => [`certificates/${entry.id}.pem`, Buffer.from(certificatePem(entry))] as const,
    ),
    ...serverFiles(bundle),
    ['trust.pem', Buffer.from(bundlePem(bundle))],
    ['trust.p7b', bundlePkcs7(bundle)],
    ['trust.json', Buffer.from(bundle.json)],
  ])
