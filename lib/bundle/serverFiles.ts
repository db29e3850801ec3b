import { parseCertificate } from '../x509/certificate.ts'
import { encodePem } from '../x509/pemBlock.ts'
import { printName } from '../x509/printName.ts'
import { subjectHash } from '../x509/subjectHash.ts'
import type { BundleContent, BundledCertificate } from './bundleContent.ts'

/** The files that list issuers. */
export const listFiles = [
  'issuers.pem',
  'issuers-and-crosses.pem',
  'issuers.sha256',
  'issuers.dn',
  'swanctl-cacerts.conf',
] as const

type Entries = readonly BundledCertificate[]

const pemsOf = (entries: Entries): string =>
  entries.map(({ id, der }) => `# ${id}\n${encodePem('CERTIFICATE', der)}`).join('')

const subjectOf = ({ der }: BundledCertificate): Uint8Array => parseCertificate(der).tbs.subject

const lines = (entries: Entries, line: (entry: BundledCertificate) => string): string =>
  entries.map((entry) => `${line(entry)}\n`).join('')

const quoted = (text: string): string => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`

/**
 * Lists the only CAs that may have signed a client's certificate, for a section `remote` of swanctl.conf. An empty list would
 * be no restriction: without issuers a group is asked for that nobody is in.
 */
const cacerts = (issuers: Entries): string =>
  issuers.length > 0
    ? `cacerts = ${issuers.map(({ id }) => `${id}.pem`).join(', ')}\n`
    : '# The bundle has no issuer: nobody is let in.\ngroups = mayfly-has-no-issuer\n'

/** Names each certificate by the hash of its subject, and counts those that share it, as `openssl rehash` does. */
const hashed = (folder: 'issuers' | 'roots', entries: Entries): readonly (readonly [string, string])[] => {
  const hashes = entries.map((entry) => subjectHash(subjectOf(entry)))
  return entries.map((entry, index) => {
    const hash = hashes[index] ?? ''
    const before = hashes.slice(0, index).filter((one) => one === hash).length
    return [`${folder}/${hash}.${before}`, pemsOf([entry])]
  })
}

/**
 * Writes what servers read that trust issuers and no roots: nobody but an issuer signs client certificates, and a tainted
 * one is trusted no longer.
 * @returns name, with its folder, and octets.
 */
export const serverFiles = ({
  roots,
  issuers,
  crossCertificates,
}: Pick<BundleContent, 'roots' | 'issuers' | 'crossCertificates'>): ReadonlyMap<string, Uint8Array> => {
  const texts: Readonly<Record<(typeof listFiles)[number], string>> = {
    'issuers.pem': pemsOf(issuers),
    'issuers-and-crosses.pem': pemsOf([...issuers, ...crossCertificates]),
    'issuers.sha256': lines(issuers, ({ sha256 }) => sha256),
    'issuers.dn': lines(issuers, (entry) => `${quoted(printName(subjectOf(entry)))} 1;`),
    'swanctl-cacerts.conf': cacerts(issuers),
  }
  const named = [...Object.entries(texts), ...hashed('issuers', issuers), ...hashed('roots', roots)]
  return new Map(named.map(([name, text]) => [name, Buffer.from(text)]))
}
