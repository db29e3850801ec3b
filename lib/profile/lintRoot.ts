import { extensionValue } from '../x509/certificate.ts'
import { decodeCertificatePolicies, decodeSubjectKeyIdentifier } from '../x509/extension.ts'
import { decodeName } from '../x509/encodeName.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'
import {
  type CommonExpectation,
  commonRules,
  constrainsPath,
  hasKeyUsage,
  hasPurposes,
  holdsFor,
  markerIsOwnPurpose,
  namesKeyOfSigner,
  sameList,
  sameOctets,
} from './commonRules.ts'
import { lint, type LintRule } from './lint.ts'
import { revocationPointers, stated } from './stated.ts'

export interface RootExpectation extends CommonExpectation {
  readonly maxLifetimeMilliseconds: number
}

export interface IssuerExpectation extends RootExpectation {
  readonly rootKeyIdentifier: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly rootKeyInfo: Uint8Array
  readonly rootNotAfter: Date
  readonly markerOid: string
}

export interface CrossExpectation extends RootExpectation {
  /** DER Name of the root whose key is certified. */
  readonly subjectName: Uint8Array
  readonly subjectKeyIdentifier: Uint8Array
  /** When the root whose key is certified ends. */
  readonly subjectNotAfter: Date
  readonly rootKeyIdentifier: Uint8Array
  /** DER SubjectPublicKeyInfo of the root that signs. */
  readonly rootKeyInfo: Uint8Array
  /** When the root that signs ends. */
  readonly rootNotAfter: Date
}

const { oid, limit } = stated
const { digitalSignature, keyCertSign } = stated.keyUsage
const critical: readonly string[] = [oid.basicConstraints, oid.keyUsage]
const aboutRevocation: readonly string[] = [oid.noRevAvail, ...revocationPointers]

/** The extensions of every authority; those about revocation have a rule of their own. */
const rootExtensions: readonly string[] = [
  oid.subjectKeyIdentifier,
  oid.basicConstraints,
  oid.keyUsage,
  oid.certificatePolicies,
  ...aboutRevocation,
]

const crossExtensions: readonly string[] = [...rootExtensions, oid.authorityKeyIdentifier]

const issuerExtensions: readonly string[] = [...rootExtensions, oid.authorityKeyIdentifier, oid.extKeyUsage]

/** Milliseconds of validity after the hour by which authorities are backdated; the last second counts. */
const lifetime = ({ notBefore, notAfter }: TbsCertificate): number =>
  notAfter.getTime() + 1000 - notBefore.getTime() - limit.authorityBackdateMilliseconds

const isNamePart = (utf8: string | undefined): boolean =>
  utf8 !== undefined && utf8.length > 0 && Array.from(utf8).length <= limit.nameCharacters

const authorityRules: readonly LintRule<RootExpectation>[] = [
  {
    name: 'authority-lifetime',
    citation: 'RFC 5280 section 4.1.2.5; profile section 4.1',
    holds: (tbs, { maxLifetimeMilliseconds }) => lifetime(tbs) <= maxLifetimeMilliseconds,
  },
  {
    name: 'authority-name',
    citation: 'RFC 5280 section 4.1.2.6; profile section 4.2',
    holds: ({ subject }) => {
      const parts = decodeName(subject)
      const types = parts.map(({ type }) => type)
      return (
        sameList(types, [oid.organizationName, oid.commonName]) && parts.every(({ utf8 }) => isNamePart(utf8))
      )
    },
  },
  {
    name: 'authority-any-policy',
    citation: 'RFC 5280 section 4.2.1.4; profile section 4.3',
    holds: (tbs) =>
      holdsFor(tbs, oid.certificatePolicies, (value) =>
        sameList(decodeCertificatePolicies(value), [oid.anyPolicy]),
      ),
  },
  {
    name: 'authority-criticality',
    citation: 'RFC 5280 sections 4.2.1.3 and 4.2.1.9; profile section 4.4',
    holds: ({ extensions }) =>
      extensions.every((extension) => extension.critical === critical.includes(extension.oid)),
  },
  {
    name: 'authority-without-revocation',
    citation: 'RFC 9608 section 2; profile section 4.5',
    holds: (tbs) => aboutRevocation.every((each) => extensionValue(tbs, each) === undefined),
  },
]

/** Every rule a root keeps. */
export const rootRules: readonly LintRule<RootExpectation>[] = [
  ...commonRules,
  ...authorityRules,
  {
    name: 'root-self-issued',
    citation: 'RFC 5280 section 3.2; profile section 6.1',
    holds: ({ issuer, subject }) => sameOctets(issuer, subject),
  },
  {
    name: 'root-basic-constraints-without-path-length',
    citation: 'RFC 5280 section 4.2.1.9; profile section 6.2',
    holds: (tbs) => constrainsPath(tbs, undefined),
  },
  {
    name: 'root-key-usage',
    citation: 'RFC 5280 section 4.2.1.3; profile section 6.3',
    holds: (tbs) => hasKeyUsage(tbs, digitalSignature, keyCertSign),
  },
  {
    name: 'root-only-profile-extensions',
    citation: 'RFC 5280 section 4.2; profile section 6.4',
    holds: ({ extensions }) => extensions.every((extension) => rootExtensions.includes(extension.oid)),
  },
]

/** Every rule an issuer keeps. */
export const issuerRules: readonly LintRule<IssuerExpectation>[] = [
  ...commonRules,
  markerIsOwnPurpose,
  ...authorityRules,
  {
    name: 'issuer-lifetime-90-days',
    citation: 'profile section 5.1',
    holds: (tbs) => lifetime(tbs) <= limit.issuerMilliseconds,
  },
  {
    name: 'issuer-within-root-validity',
    citation: 'profile section 5.1',
    holds: ({ notAfter }, { rootNotAfter }) => notAfter <= rootNotAfter,
  },
  {
    name: 'issuer-not-self-issued',
    citation: 'RFC 5280 section 6.1.4; profile section 5.2',
    holds: ({ issuer, subject }) => !sameOctets(issuer, subject),
  },
  {
    name: 'issuer-basic-constraints-path-length-0',
    citation: 'RFC 5280 section 4.2.1.9; profile section 5.3',
    holds: (tbs) => constrainsPath(tbs, 0),
  },
  {
    name: 'issuer-key-usage',
    citation: 'RFC 5280 section 4.2.1.3; profile section 5.4',
    holds: (tbs) => hasKeyUsage(tbs, keyCertSign),
  },
  {
    name: 'issuer-ext-key-usage-constrained',
    citation: 'RFC 5280 section 4.2.1.12; profile section 5.5',
    holds: (tbs, { markerOid }) => hasPurposes(tbs, oid.clientAuth, markerOid),
  },
  {
    name: 'issuer-authority-key-identifier',
    citation: 'RFC 5280 section 4.2.1.1; profile section 5.6',
    holds: (tbs, { rootKeyIdentifier }) => namesKeyOfSigner(tbs, rootKeyIdentifier),
  },
  {
    name: 'issuer-only-profile-extensions',
    citation: 'RFC 5280 section 4.2; profile section 5.7',
    holds: ({ extensions }) => extensions.every((extension) => issuerExtensions.includes(extension.oid)),
  },
]

/** A root that was made elsewhere has a name and a key identifier of its own making. */
const ofOwnRoots = new Set(['subject-key-identifier', 'authority-name'])

/** Every rule a cross certificate keeps. */
export const crossRules: readonly LintRule<CrossExpectation>[] = [
  ...[...commonRules, ...authorityRules].filter(({ name }) => !ofOwnRoots.has(name)),
  {
    name: 'cross-subject-name-byte-equal',
    citation: 'RFC 9810 section 4.4; profile section 7.1',
    holds: ({ subject }, { subjectName }) => sameOctets(subject, subjectName),
  },
  {
    name: 'cross-subject-key-identifier',
    citation: 'RFC 5280 section 4.2.1.2; profile section 7.1',
    holds: (tbs, { subjectKeyIdentifier }) =>
      holdsFor(tbs, oid.subjectKeyIdentifier, (value) =>
        sameOctets(decodeSubjectKeyIdentifier(value), subjectKeyIdentifier),
      ),
  },
  {
    name: 'cross-within-root-validity',
    citation: 'RFC 9810 section 4.4; profile section 7.2',
    holds: ({ notAfter }, { rootNotAfter }) => notAfter <= rootNotAfter,
  },
  {
    name: 'cross-within-subject-validity',
    citation: 'profile section 7.2',
    holds: ({ notAfter }, { subjectNotAfter }) => notAfter <= subjectNotAfter,
  },
  {
    name: 'cross-basic-constraints-path-length-1',
    citation: 'RFC 5280 section 4.2.1.9; profile section 7.3',
    holds: (tbs) => constrainsPath(tbs, 1),
  },
  {
    name: 'cross-key-usage',
    citation: 'RFC 5280 section 4.2.1.3; profile section 7.4',
    holds: (tbs) => hasKeyUsage(tbs, keyCertSign),
  },
  {
    name: 'cross-authority-key-identifier',
    citation: 'RFC 5280 section 4.2.1.1; profile section 7.5',
    holds: (tbs, { rootKeyIdentifier }) => namesKeyOfSigner(tbs, rootKeyIdentifier),
  },
  {
    name: 'cross-only-profile-extensions',
    citation: 'RFC 5280 section 4.2; profile section 7.6',
    holds: ({ extensions }) => extensions.every((extension) => crossExtensions.includes(extension.oid)),
  },
]

/** Lints a finished root TBSCertificate. @throws {Refusal} `lint-failed` */
export const lintRoot = (der: Uint8Array, expected: RootExpectation): void => lint(der, rootRules, expected)

/** Lints a finished issuer TBSCertificate. @throws {Refusal} `lint-failed` */
export const lintIssuer = (der: Uint8Array, expected: IssuerExpectation): void =>
  lint(der, issuerRules, expected)

/** Lints a finished cross TBSCertificate. @throws {Refusal} `lint-failed` */
export const lintCross = (der: Uint8Array, expected: CrossExpectation): void =>
  lint(der, crossRules, expected)
