import { encodePem } from '../x509/pem.ts'
import { type BundledCertificate, bundleTime } from './bundleContent.ts'
import type { TrustBundle } from './trustBundle.ts'

/** Every certificate of a bundle: roots first, because some programs read no further than the first. */
export const bundledCertificates = ({
  roots,
  issuers,
  crossCertificates,
}: TrustBundle): readonly BundledCertificate[] => [...roots, ...issuers, ...crossCertificates]

const what = ({ state, subject, signedBy }: BundledCertificate): string =>
  state ?? `the key of ${subject} signed by ${signedBy}`

/** One certificate as PEM, with its comment. */
export const certificatePem = (entry: BundledCertificate): string =>
  `# ${entry.id}, ${what(entry)}, until ${bundleTime(entry.notAfter)}\n# SHA-256 ${entry.sha256}\n${encodePem('CERTIFICATE', entry.der)}`

/** The certificates of a verified bundle as PEM with comments. */
export const bundlePem = (bundle: TrustBundle): string =>
  [
    `# Trust bundle ${bundle.sequence} of ${bundle.tenant}, issued ${bundleTime(bundle.issuedAt)}\n`,
    ...bundledCertificates(bundle).map(certificatePem),
  ].join('\n')

/** PEM without what programs skip, so that texts of different versions compare. */
export const withoutComments = (pem: string): string =>
  pem
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n')
