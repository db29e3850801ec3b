import {
  anyPolicyOid,
  clientAuthOid,
  decodeAuthorityKeyIdentifier,
  decodeBasicConstraints,
  decodeCertificatePolicies,
  decodeExtKeyUsage,
  decodeKeyUsage,
  extensionOid,
} from '../x509/extensions.ts'
import { extensionValue } from '../x509/certificate.ts'
import { authorityLimits } from './authorityProfile.ts'
import { type CommonExpectation, commonRules, holdsFor, sameList, sameOctets } from './commonRules.ts'
import { lint, type LintRule } from './lint.ts'

/** What a root is linted against. */
export interface RootExpectation extends CommonExpectation {
  readonly maxLifetimeMilliseconds: number
}

/** What an issuer is linted against. */
export interface IssuerExpectation extends RootExpectation {
  readonly rootKeyIdentifier: Uint8Array
  readonly rootNotAfter: Date
  readonly markerOid: string
}

const digitalSignature = 0
const keyCertSign = 5
const critical = new Set<string>([extensionOid.basicConstraints, extensionOid.keyUsage])

const revocationPointers: readonly string[] = [
  extensionOid.noRevAvail,
  extensionOid.cRLDistributionPoints,
  extensionOid.freshestCRL,
  extensionOid.authorityInfoAccess,
]

/** The extensions of every authority; those about revocation have a rule of their own. */
const rootExtensions: readonly string[] = [
  extensionOid.subjectKeyIdentifier,
  extensionOid.basicConstraints,
  extensionOid.keyUsage,
  extensionOid.certificatePolicies,
  ...revocationPointers,
]

const issuerExtensions: readonly string[] = [
  ...rootExtensions,
  extensionOid.authorityKeyIdentifier,
  extensionOid.extKeyUsage,
]

const authorityRules: readonly LintRule<RootExpectation>[] = [
  {
    name: 'authority-lifetime',
    citation: 'profile: roots 3 years, issuers 90 days, an hour backdated',
    holds: ({ notBefore, notAfter }, { maxLifetimeMilliseconds }) =>
      notAfter.getTime() - notBefore.getTime() <
      maxLifetimeMilliseconds + authorityLimits.backdateMilliseconds,
  },
  {
    name: 'authority-any-policy',
    citation: 'profile: anyPolicy from the first day; RFC 5280 section 4.2.1.4',
    holds: (tbs) =>
      holdsFor(tbs, extensionOid.certificatePolicies, (value) =>
        sameList(decodeCertificatePolicies(value), [anyPolicyOid]),
      ),
  },
  {
    name: 'authority-criticality',
    citation: 'RFC 5280 sections 4.2.1.3 and 4.2.1.9',
    holds: ({ extensions }) =>
      extensions.every((extension) => extension.critical === critical.has(extension.oid)),
  },
  {
    name: 'authority-without-revocation',
    citation: 'RFC 9608 section 2; profile',
    holds: (tbs) => revocationPointers.every((oid) => extensionValue(tbs, oid) === undefined),
  },
]

/** Every rule a root keeps. */
export const rootRules: readonly LintRule<RootExpectation>[] = [
  ...commonRules,
  ...authorityRules,
  {
    name: 'root-self-issued',
    citation: 'RFC 5280 section 3.2',
    holds: ({ issuer, subject }) => sameOctets(issuer, subject),
  },
  {
    name: 'root-basic-constraints-without-path-length',
    citation: 'profile: a cross certificate must fit beneath; RFC 5280 section 4.2.1.9',
    holds: (tbs) =>
      holdsFor(tbs, extensionOid.basicConstraints, (value) => {
        const { ca, pathLenConstraint } = decodeBasicConstraints(value)
        return ca && pathLenConstraint === undefined
      }),
  },
  {
    name: 'root-only-profile-extensions',
    citation: 'profile: every other extension is absent',
    holds: ({ extensions }) => extensions.every(({ oid }) => rootExtensions.includes(oid)),
  },
  {
    name: 'root-key-usage',
    citation: 'RFC 5280 section 4.2.1.3',
    holds: (tbs) =>
      holdsFor(tbs, extensionOid.keyUsage, (value) =>
        sameList(decodeKeyUsage(value), [digitalSignature, keyCertSign]),
      ),
  },
]

/** Every rule an issuer keeps. */
export const issuerRules: readonly LintRule<IssuerExpectation>[] = [
  ...commonRules,
  ...authorityRules,
  {
    name: 'issuer-basic-constraints-path-length-0',
    citation: 'RFC 5280 section 4.2.1.9',
    holds: (tbs) =>
      holdsFor(tbs, extensionOid.basicConstraints, (value) => {
        const { ca, pathLenConstraint } = decodeBasicConstraints(value)
        return ca && pathLenConstraint === 0
      }),
  },
  {
    name: 'issuer-only-profile-extensions',
    citation: 'profile: every other extension is absent',
    holds: ({ extensions }) => extensions.every(({ oid }) => issuerExtensions.includes(oid)),
  },
  {
    name: 'issuer-key-usage',
    citation: 'RFC 5280 section 4.2.1.3',
    holds: (tbs) =>
      holdsFor(tbs, extensionOid.keyUsage, (value) => sameList(decodeKeyUsage(value), [keyCertSign])),
  },
  {
    name: 'issuer-ext-key-usage-constrained',
    citation: 'profile: issuers are EKU-constrained',
    holds: (tbs, { markerOid }) =>
      holdsFor(tbs, extensionOid.extKeyUsage, (value) =>
        sameList(decodeExtKeyUsage(value), [clientAuthOid, markerOid]),
      ),
  },
  {
    name: 'issuer-authority-key-identifier',
    citation: 'RFC 5280 section 4.2.1.1',
    holds: (tbs, { rootKeyIdentifier }) =>
      holdsFor(tbs, extensionOid.authorityKeyIdentifier, (value) =>
        sameOctets(decodeAuthorityKeyIdentifier(value), rootKeyIdentifier),
      ),
  },
  {
    name: 'issuer-within-root-validity',
    citation: 'profile: an issuer ends no later than its root',
    holds: ({ notAfter }, { rootNotAfter }) => notAfter <= rootNotAfter,
  },
]

/** Lints a finished root TBSCertificate. @throws {Refusal} `lint-failed` */
export const lintRoot = (der: Uint8Array, expected: RootExpectation): void => lint(der, rootRules, expected)

/** Lints a finished issuer TBSCertificate. @throws {Refusal} `lint-failed` */
export const lintIssuer = (der: Uint8Array, expected: IssuerExpectation): void =>
  lint(der, issuerRules, expected)
