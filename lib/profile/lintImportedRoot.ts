import { decodeCertificatePolicies, decodeKeyUsage, decodeSubjectKeyIdentifier } from '../x509/extension.ts'
import { type IssuerExpectation, issuerRules } from './lintRoot.ts'
import { constrainsPath, holdsFor, sameOctets } from './commonRules.ts'
import { lint, type LintRule } from './lint.ts'
import { pathConstraints, stated } from './stated.ts'

export interface ImportedRootExpectation {
  readonly now: Date
}

const { oid, limit } = stated

/** The extensions that every program knows: a path with another critical one is refused, trust anchor or not. */
const mayBeCritical: readonly string[] = [oid.basicConstraints, oid.keyUsage, oid.certificatePolicies]

/** DER of a Name without attributes. */
const emptyName = Uint8Array.of(0x30, 0x00)

const serialNumberLength: LintRule<unknown> = {
  name: 'imported-serial-number-length',
  citation: 'RFC 5280 section 4.1.2.2; profile section 8.1',
  holds: ({ serialNumber }) =>
    serialNumber.length <= limit.importedSerialNumberOctets && (serialNumber[0] ?? 0x80) < 0x80,
}

const subjectNamed: LintRule<unknown> = {
  name: 'imported-subject-named',
  citation: 'RFC 5280 section 4.1.2.6; profile section 8.2',
  holds: ({ subject }) => !sameOctets(subject, emptyName),
}

/** Every rule that a root made elsewhere keeps: what paths beneath it need, and no more. */
export const importedRootRules: readonly LintRule<ImportedRootExpectation>[] = [
  serialNumberLength,
  subjectNamed,
  {
    name: 'imported-root-self-issued',
    citation: 'RFC 5280 section 3.2; profile section 8.3',
    holds: ({ issuer, subject }) => sameOctets(issuer, subject),
  },
  {
    name: 'imported-root-valid-now',
    citation: 'RFC 5280 section 4.1.2.5; profile section 8.4',
    holds: ({ notBefore, notAfter }, { now }) => notBefore <= now && now < notAfter,
  },
  {
    name: 'imported-root-lifetime',
    citation: 'profile section 8.4',
    holds: ({ notBefore, notAfter }) =>
      notAfter.getTime() - notBefore.getTime() <= limit.importedRootMilliseconds,
  },
  {
    name: 'imported-root-basic-constraints-without-path-length',
    citation: 'RFC 5280 section 4.2.1.9; profile section 8.5',
    holds: (tbs) => constrainsPath(tbs, undefined),
  },
  {
    name: 'imported-root-key-usage',
    citation: 'RFC 5280 section 4.2.1.3; profile section 8.6',
    holds: (tbs) =>
      holdsFor(tbs, oid.keyUsage, (value) => decodeKeyUsage(value).includes(stated.keyUsage.keyCertSign)),
  },
  {
    name: 'imported-root-subject-key-identifier',
    citation: 'RFC 5280 section 4.2.1.2; profile section 8.7',
    holds: (tbs) =>
      holdsFor(tbs, oid.subjectKeyIdentifier, (value) => decodeSubjectKeyIdentifier(value).length > 0),
  },
  {
    name: 'imported-root-any-policy',
    citation: 'RFC 5280 section 4.2.1.4; profile section 8.8',
    holds: (tbs) =>
      holdsFor(tbs, oid.certificatePolicies, (value) =>
        decodeCertificatePolicies(value).includes(oid.anyPolicy),
      ),
  },
  {
    name: 'imported-root-extensions-unique',
    citation: 'RFC 5280 section 4.2; profile section 8.9',
    holds: ({ extensions }) => new Set(extensions.map((each) => each.oid)).size === extensions.length,
  },
  {
    name: 'imported-root-unconstrained',
    citation: 'RFC 5280 section 4.2.1; profile section 8.9',
    holds: ({ extensions }) => !extensions.some((each) => pathConstraints.includes(each.oid)),
  },
  {
    name: 'imported-root-criticality',
    citation: 'RFC 5280 section 4.2; profile section 8.9',
    holds: ({ extensions }) => extensions.every((each) => !each.critical || mayBeCritical.includes(each.oid)),
  },
]

/** The root's owner numbers and names what the root signs, and the owner's program orders the extensions. */
const ofOwnIssuers = new Set([
  'serial-number-length',
  'serial-number-second-bit',
  'extensions-in-order',
  'authority-name',
])

/** Every rule that an issuer keeps whose certificate was made with an offline root. */
export const importedIssuerRules: readonly LintRule<IssuerExpectation>[] = [
  ...issuerRules.filter(({ name }) => !ofOwnIssuers.has(name)),
  serialNumberLength,
  subjectNamed,
]

/** Lints the TBSCertificate of a root made elsewhere. @throws {Refusal} `lint-failed` */
export const lintImportedRoot = (der: Uint8Array, expected: ImportedRootExpectation): void =>
  lint(der, importedRootRules, expected)

/** Lints the TBSCertificate of an issuer made with an offline root. @throws {Refusal} `lint-failed` */
export const lintImportedIssuer = (der: Uint8Array, expected: IssuerExpectation): void =>
  lint(der, importedIssuerRules, expected)
