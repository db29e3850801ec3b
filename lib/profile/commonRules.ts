import { hash } from 'node:crypto'
import { extensionValue } from '../x509/certificate.ts'
import { DerReader } from '../x509/derReader.ts'
import {
  decodeAuthorityKeyIdentifier,
  decodeBasicConstraints,
  decodeExtKeyUsage,
  decodeKeyUsage,
  decodeSubjectKeyIdentifier,
} from '../x509/extension.ts'
import type { PublicKey } from '../x509/publicKey.ts'
import type { SignatureAlgorithm } from '../x509/signatureAlgorithm.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'
import type { LintRule } from './lint.ts'
import { extensionOrder, stated } from './stated.ts'

/** Holds what every certificate is linted against, whatever its kind. */
export interface CommonExpectation {
  readonly publicKey: PublicKey
  /** The algorithm of the key that will sign. */
  readonly algorithm: SignatureAlgorithm
  /** DER Name of the certificate that signs. */
  readonly issuerName: Uint8Array
}

/** Tells whether two encodings are the same octets. */
export const sameOctets = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** Tells whether two lists have the same members in the same order. */
export const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index])

/** Tells whether the extension's value satisfies the test; false when the certificate lacks the extension. */
export const holdsFor = (tbs: TbsCertificate, oid: string, test: (value: Uint8Array) => boolean): boolean => {
  const value = extensionValue(tbs, oid)
  return value !== undefined && test(value)
}

/** Tells whether the extension's value satisfies the test, or is absent: another rule wants it there. */
export const holdsIfPresent = (
  tbs: TbsCertificate,
  oid: string,
  test: (value: Uint8Array) => boolean,
): boolean => {
  const value = extensionValue(tbs, oid)
  return value === undefined || test(value)
}

/** Tells whether basicConstraints is that of a CA, with this pathLenConstraint or without one. */
export const constrainsPath = (tbs: TbsCertificate, pathLen: number | undefined): boolean =>
  holdsFor(tbs, stated.oid.basicConstraints, (value) => {
    const { ca, pathLenConstraint } = decodeBasicConstraints(value)
    return ca && pathLenConstraint === pathLen
  })

/** Tells whether keyUsage has these bits and no others. */
export const hasKeyUsage = (tbs: TbsCertificate, ...bits: readonly number[]): boolean =>
  holdsFor(tbs, stated.oid.keyUsage, (value) => sameList(decodeKeyUsage(value), bits))

/** Tells whether extKeyUsage has these purposes and no others, in this order. */
export const hasPurposes = (tbs: TbsCertificate, ...purposes: readonly string[]): boolean =>
  holdsFor(tbs, stated.oid.extKeyUsage, (value) => sameList(decodeExtKeyUsage(value), purposes))

/** Tells whether authorityKeyIdentifier is this one. */
export const namesKeyOfSigner = (tbs: TbsCertificate, identifier: Uint8Array): boolean =>
  holdsFor(tbs, stated.oid.authorityKeyIdentifier, (value) =>
    sameOctets(decodeAuthorityKeyIdentifier(value), identifier),
  )

/** The octets of the BIT STRING of a SubjectPublicKeyInfo. */
const keyBits = (subjectPublicKeyInfo: Uint8Array): Uint8Array => {
  const members = new DerReader(subjectPublicKeyInfo).enter(0x30)
  members.read(0x30)
  return members.readOctetAlignedBitString()
}

/** RFC 7093 section 2, method 1, of the key that the certificate itself holds. */
const identifierOf = ({ subjectPublicKeyInfo }: TbsCertificate): Uint8Array =>
  hash('sha256', keyBits(subjectPublicKeyInfo), 'buffer').subarray(0, 20)

/** Extensions of the profile alone: others, and those that occur twice, break other rules. */
const inOrder = ({ extensions }: TbsCertificate): boolean => {
  const places = extensions.map(({ oid }) => extensionOrder.indexOf(oid)).filter((place) => place >= 0)
  return places.every((place, index) => place >= (places[index - 1] ?? 0))
}

/** Rules that hold for leaf, issuer and root. */
export const commonRules: readonly LintRule<CommonExpectation>[] = [
  {
    name: 'serial-number-positive',
    citation: 'RFC 5280 section 4.1.2.2; profile section 2.2',
    holds: ({ serialNumber }) => (serialNumber[0] ?? 0) < 0x80 && serialNumber.some((octet) => octet !== 0),
  },
  {
    name: 'serial-number-length',
    citation: 'RFC 5280 section 4.1.2.2; profile section 2.2',
    holds: ({ serialNumber }) => serialNumber.length === stated.limit.serialNumberOctets,
  },
  {
    name: 'serial-number-second-bit',
    citation: 'profile section 2.2',
    holds: ({ serialNumber }) => ((serialNumber[0] ?? 0) & 0x40) !== 0,
  },
  {
    name: 'signature-algorithm-of-issuer-key',
    citation: 'RFC 5280 section 4.1.2.3; profile section 2.3',
    holds: ({ signature }, { algorithm }) => signature === algorithm,
  },
  {
    name: 'issuer-name-byte-equal',
    citation: 'RFC 5280 section 4.1.2.4; profile section 2.4',
    holds: ({ issuer }, { issuerName }) => sameOctets(issuer, issuerName),
  },
  {
    name: 'validity-in-order',
    citation: 'RFC 5280 section 4.1.2.5; profile section 2.5',
    holds: ({ notBefore, notAfter }) => notBefore < notAfter,
  },
  {
    name: 'subject-public-key-unchanged',
    citation: 'RFC 5280 section 4.1.2.7; profile section 2.6',
    holds: ({ subjectPublicKeyInfo }, { publicKey }) => sameOctets(subjectPublicKeyInfo, publicKey.spki),
  },
  {
    name: 'extensions-unique',
    citation: 'RFC 5280 section 4.2; profile section 2.7',
    holds: ({ extensions }) => new Set(extensions.map(({ oid }) => oid)).size === extensions.length,
  },
  {
    name: 'extensions-in-order',
    citation: 'profile section 2.1',
    holds: inOrder,
  },
  {
    name: 'subject-key-identifier',
    citation: 'RFC 5280 section 4.2.1.2; RFC 7093 section 2; profile section 2.8',
    holds: (tbs) =>
      holdsFor(tbs, stated.oid.subjectKeyIdentifier, (value) =>
        sameOctets(decodeSubjectKeyIdentifier(value), identifierOf(tbs)),
      ),
  },
]

/** A rule of leaves and issuers: a root has no extKeyUsage. */
export const markerIsOwnPurpose: LintRule<unknown> = {
  name: 'marker-is-own-purpose',
  citation: 'RFC 5280 section 4.2.1.12; profile section 2.9',
  holds: (tbs) =>
    holdsIfPresent(tbs, stated.oid.extKeyUsage, (value) => {
      const purposes = decodeExtKeyUsage(value)
      const others = purposes.filter((purpose) => purpose !== stated.oid.clientAuth)
      return new Set(purposes).size === purposes.length && others.every(isOwnMarker)
    }),
}

/** The marker that Entra's VPN CA writes, too. */
export const entraMarker = '1.3.6.1.4.1.311.87'

/** Arcs that anybody may have of their own, but for Microsoft's: 2.25 (a UUID, here below 2^31), and an enterprise's. */
const ownArc = /^(2\.25|1\.3\.6\.1\.4\.1\.(?!311(\.|$))\d+)(\.|$)/

/**
 * Whether an object identifier, dotted, may be a tenant's marker: Entra's, or one of an arc of one's own. What others give a
 * meaning may be a right somewhere, such as to log on, and new ones come up: what is not listed here is none.
 */
export const isOwnMarker = (oid: string): boolean =>
  oid === entraMarker || (oid !== '2.25' && ownArc.test(oid))

/** Policies with a meaning of others: anyPolicy and all of X.500, PKIX, the CA/Browser Forum's; of Microsoft's a directory may make groups. */
const foreignPolicy = /^(2\.5|1\.3\.6\.1\.5\.5\.7|2\.23\.140|1\.3\.6\.1\.4\.1\.311)(\.|$)/

/** Tells whether an object identifier, dotted, may be a tenant's certificate policy. */
export const isOwnPolicy = (oid: string): boolean => !foreignPolicy.test(oid)
