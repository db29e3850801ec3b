import { authorityLimits, authorityValidity, crossTbs, issuerTbs, rootTbs } from '../../profile/rootTbs.ts'
import { leafLimits } from '../../profile/leafProfile.ts'
import { prepareCross, prepareIssuer, prepareRoot } from '../../prepared/prepared.ts'
import { extensionValue } from '../../x509/certificate.ts'
import { decodeSubjectKeyIdentifier, extensionOid } from '../../x509/extension.ts'
import type { NameAttribute } from '../../x509/encodeName.ts'
import { keyIdentifier, parsePublicKey, type PublicKey } from '../../x509/publicKey.ts'
import { encodeTbsCertificate, serialNumberFrom, type TbsCertificate } from '../../x509/tbsCertificate.ts'
import { type AuthorityKey, makeKey, signAuthority } from '../authorityKey.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import type { Authority } from '../authority.ts'
import type { Ceremony } from './changeAuthority.ts'
import { type CrossCertificate, crossId } from '../crossCertificate.ts'
import { type Generation, newGeneration } from '../generation.ts'
import { keyName, made } from './nextNumber.ts'

/** The first root of a tenant, or the next: its key made, its certificate signed. */
export const makeRoot = async (
  tenant: Tenant,
  { before, number, state }: { before: Authority | undefined; number: number; state: 'active' | 'staged' },
  ceremony: Ceremony,
): Promise<{ readonly generation: Generation; readonly root: SigningRoot }> => {
  const { algorithm } = tenant.configuration.authority
  const key = await makeKey(ceremony.rootKeys, keyName(tenant, 'root', number), algorithm)
  const certificate = await certifyRoot(tenant, { key, number }, ceremony)
  const parts = { kind: 'root', number, state, certificate, algorithm, keyReference: key.reference } as const
  const generation = made(tenant, before, parts, ceremony)
  return { generation, root: { tbs: generation.tbs, key } }
}

/** The key of a root certified by another root. */
export const makeCross = async (
  subject: Generation,
  signedBy: { readonly generation: Generation; readonly root: SigningRoot },
  ceremony: Ceremony,
): Promise<CrossCertificate> => {
  const certificate = await certifyCross(subject.tbs, signedBy.root, ceremony)
  const { tenant, tbs, digest } = newGeneration({ ...subject, certificate })
  const ends = { subject: subject.id, signedBy: signedBy.generation.id }
  return { tenant, id: crossId(ends.subject, ends.signedBy), ...ends, certificate, tbs, digest }
}

/** Distinct for every key, so that no two generations share a name: the number, and the start of the key identifier. */
export const authorityName = (
  { configuration }: Tenant,
  kindAndNumber: string,
  { bits }: PublicKey,
): readonly NameAttribute[] => [
  ['O', configuration.displayName],
  ['CN', `VPN ${kindAndNumber} ${Buffer.from(keyIdentifier(bits)).toString('hex').slice(0, 8)}`],
]

const serialNumber = ({ random }: Ceremony): Uint8Array =>
  serialNumberFrom(random(leafLimits.serialNumberOctets))

/**
 * Makes a self-signed root.
 * @returns DER Certificate.
 * @throws {Refusal} `lint-failed`, `signer-unavailable` or `signature-unverified`
 */
const certifyRoot = async (
  tenant: Tenant,
  { key, number }: { readonly key: AuthorityKey; readonly number: number },
  ceremony: Ceremony,
): Promise<Uint8Array> => {
  const { publicKey, signer } = key
  const maxLifetimeMilliseconds = authorityLimits.rootLifetimeMilliseconds
  const tbs = rootTbs({
    name: authorityName(tenant, `root ${number}`, publicKey),
    publicKey,
    algorithm: signer.algorithm,
    serialNumber: serialNumber(ceremony),
    validity: authorityValidity(ceremony.now, maxLifetimeMilliseconds),
  })
  const expected = { publicKey, algorithm: signer.algorithm, issuerName: tbs.issuer, maxLifetimeMilliseconds }
  return signAuthority(prepareRoot(encodeTbsCertificate(tbs), expected), key, ceremony.uuid())
}

/** A root that signs: its certificate, and its key. */
export interface SigningRoot {
  readonly tbs: TbsCertificate
  readonly key: AuthorityKey
}

const identifierOf = (root: TbsCertificate): Uint8Array => {
  const value = extensionValue(root, extensionOid.subjectKeyIdentifier)
  if (value) return decodeSubjectKeyIdentifier(value)
  throw new Error('A root without subjectKeyIdentifier passed its lint rules.')
}

/** Tells the linter what an issuer of this root must be, whoever makes its certificate. */
export const issuerExpectation = (tenant: Tenant, publicKey: PublicKey, root: TbsCertificate) => {
  return {
    publicKey,
    algorithm: root.signature,
    issuerName: root.subject,
    maxLifetimeMilliseconds: authorityLimits.issuerLifetimeMilliseconds,
    rootKeyIdentifier: identifierOf(root),
    rootKeyInfo: root.subjectPublicKeyInfo,
    rootNotAfter: root.notAfter,
    markerOid: tenant.configuration.certificate.markerOid,
  }
}

/**
 * Makes an issuer beneath a root.
 * @returns DER Certificate.
 * @throws {Refusal} `lint-failed`, `signer-unavailable` or `signature-unverified`
 */
export const certifyIssuer = async (
  tenant: Tenant,
  issuer: { readonly publicKey: PublicKey; readonly number: number; readonly root: SigningRoot },
  ceremony: Ceremony,
): Promise<Uint8Array> => {
  const { publicKey, number, root } = issuer
  const expectation = issuerExpectation(tenant, publicKey, root.tbs)
  const tbs = issuerTbs({
    name: authorityName(tenant, `issuer ${number}`, publicKey),
    publicKey,
    algorithm: root.key.signer.algorithm,
    serialNumber: serialNumber(ceremony),
    validity: authorityValidity(ceremony.now, authorityLimits.issuerLifetimeMilliseconds, root.tbs.notAfter),
    root: root.tbs,
    rootKeyIdentifier: expectation.rootKeyIdentifier,
    markerOid: expectation.markerOid,
  })
  return signAuthority(prepareIssuer(encodeTbsCertificate(tbs), expectation), root.key, ceremony.uuid())
}

/**
 * Certifies one root's key by another root (RFC 9810 section 4.4): NewWithOld when the older one signs.
 * @returns DER Certificate.
 * @throws {Refusal} `lint-failed`, `signer-unavailable` or `signature-unverified`
 */
const certifyCross = async (
  subject: TbsCertificate,
  root: SigningRoot,
  ceremony: Ceremony,
): Promise<Uint8Array> => {
  const publicKey = parsePublicKey(subject.subjectPublicKeyInfo)
  const [subjectKeyIdentifier, rootKeyIdentifier] = [identifierOf(subject), identifierOf(root.tbs)]
  const { rootLifetimeMilliseconds: maxLifetimeMilliseconds } = authorityLimits
  const latest = new Date(Math.min(root.tbs.notAfter.getTime(), subject.notAfter.getTime()))
  const tbs = crossTbs({
    subject,
    subjectKeyIdentifier,
    root: root.tbs,
    rootKeyIdentifier,
    algorithm: root.key.signer.algorithm,
    serialNumber: serialNumber(ceremony),
    validity: authorityValidity(ceremony.now, maxLifetimeMilliseconds, latest),
  })
  const expected = {
    publicKey,
    algorithm: root.key.signer.algorithm,
    issuerName: root.tbs.subject,
    subjectName: subject.subject,
    subjectKeyIdentifier,
    subjectNotAfter: subject.notAfter,
    maxLifetimeMilliseconds,
    rootKeyIdentifier,
    rootKeyInfo: root.tbs.subjectPublicKeyInfo,
    rootNotAfter: root.tbs.notAfter,
  }
  return signAuthority(prepareCross(encodeTbsCertificate(tbs), expected), root.key, ceremony.uuid())
}
