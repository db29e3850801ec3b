import type { KeyObject } from 'node:crypto'
import { type Certificate, extensionValue, parseCertificate } from '../x509/certificate.ts'
import { decodeBasicConstraints, extensionOid } from '../x509/extension.ts'
import { parsePublicKey } from '../x509/publicKey.ts'
import { verifiesSignature } from '../x509/signatureAlgorithm.ts'
import { type BundleContent, type BundledCertificate, readingBundle, refuseBundle } from './bundleContent.ts'

interface Root {
  readonly certificate: Certificate
  readonly publicKey: KeyObject
}

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0

const checkUnique = ({ roots, issuers, crossCertificates }: BundleContent): void => {
  const ids = new Set<string>()
  for (const { id } of [...roots, ...issuers, ...crossCertificates]) {
    if (ids.has(id)) throw refuseBundle(`it holds ${id} twice`)
    ids.add(id)
  }
}

const checkCa = ({ id }: BundledCertificate, { tbs }: Certificate): void => {
  const value = extensionValue(tbs, extensionOid.basicConstraints)
  const ca = value && readingBundle(`the certificate of ${id}`, () => decodeBasicConstraints(value).ca)
  if (!ca) throw refuseBundle(`the certificate of ${id} is not that of a CA`)
}

const checkSigned = ({ id }: BundledCertificate, certificate: Certificate, by: Root): void => {
  const { tbs, signed, signature } = certificate
  const { publicKey } = by
  const named = same(tbs.issuer, by.certificate.tbs.subject)
  if (named && verifiesSignature({ algorithm: tbs.signature, publicKey, signed, signature })) return
  throw refuseBundle(`${id} is not signed by the root that it names`)
}

const openRoot = (entry: BundledCertificate): Root => {
  const certificate = parseCertificate(entry.der)
  const { keyObject: publicKey } = readingBundle(`the key of ${entry.id}`, () =>
    parsePublicKey(certificate.tbs.subjectPublicKeyInfo),
  )
  const root = { certificate, publicKey }
  checkSigned(entry, certificate, root)
  checkCa(entry, certificate)
  return root
}

const checkBeneath = (entry: BundledCertificate, find: (id: string | undefined) => Root): void => {
  const certificate = parseCertificate(entry.der)
  checkSigned(entry, certificate, find(entry.signedBy))
  checkCa(entry, certificate)
}

/** A cross certificate is another certificate for the same name and key (RFC 9810 section 4.4). */
const checkCrossed = ({ id, der }: BundledCertificate, subject: Root): void => {
  const { tbs } = parseCertificate(der)
  const root = subject.certificate.tbs
  if (same(tbs.subject, root.subject) && same(tbs.subjectPublicKeyInfo, root.subjectPublicKeyInfo)) return
  throw refuseBundle(`${id} is not for the key of the root that it names`)
}

/**
 * Verifies that the certificates of a bundle belong together: roots are self-signed, and whatever names a root was
 * signed by it.
 * @throws {Refusal} `trust-bundle-refused`
 */
export const verifyPaths = (content: BundleContent): void => {
  checkUnique(content)
  const roots = new Map(content.roots.map((entry) => [entry.id, openRoot(entry)]))
  const find = (id = ''): Root => {
    const root = roots.get(id)
    if (root) return root
    throw refuseBundle(`it names ${id}, which it does not hold`)
  }
  for (const issuer of content.issuers) checkBeneath(issuer, find)
  for (const cross of content.crossCertificates) {
    checkBeneath(cross, find)
    checkCrossed(cross, find(cross.subject))
  }
}
