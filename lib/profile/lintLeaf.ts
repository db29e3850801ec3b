import { extensionValue } from '../x509/certificate.ts'
import { decodeCertificatePolicies, decodeExtKeyUsage } from '../x509/extension.ts'
import type { PublicKey } from '../x509/publicKey.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'
import {
  commonRules,
  type CommonExpectation,
  hasKeyUsage,
  hasPurposes,
  holdsFor,
  holdsIfPresent,
  markerIsOwnPurpose,
  namesKeyOfSigner,
  sameList,
  sameOctets,
} from './commonRules.ts'
import { leafNameRules } from './leafNameRules.ts'
import type { LeafIdentity, LeafIssuer, LeafProfile } from './leafProfile.ts'
import { lint, type LintRule } from './lint.ts'
import { revocationPointers, stated } from './stated.ts'

/** Holds the decision's facts, not the writer's output: rules must see the writer's slips. */
export interface LeafExpectation {
  readonly profile: LeafProfile
  readonly identity: LeafIdentity
  readonly issuer: LeafIssuer
  readonly publicKey: PublicKey
  /** The most seconds the decision allows, at most the profile's lifetime. */
  readonly lifetimeSeconds: number
  readonly now: Date
}

const { oid, limit } = stated

/** The extensions of a leaf; basicConstraints and those about revocation have rules of their own. */
const leafExtensions: readonly string[] = [
  oid.authorityKeyIdentifier,
  oid.subjectKeyIdentifier,
  oid.keyUsage,
  oid.extKeyUsage,
  oid.subjectAltName,
  oid.certificatePolicies,
  oid.securityIdentifier,
  oid.noRevAvail,
  oid.basicConstraints,
  ...revocationPointers,
]

const has = (tbs: TbsCertificate, wanted: string) => extensionValue(tbs, wanted) !== undefined

/** The rules of a leaf beside those every certificate keeps, and those about its names. */
const leafRules: readonly LintRule<LeafExpectation>[] = [
  {
    name: 'not-before-backdated-by-profile',
    citation: 'RFC 5280 section 4.1.2.5; profile section 3.1',
    holds: ({ notBefore }, { now, profile }) =>
      notBefore.getTime() === (Math.floor(now.getTime() / 1000) - profile.backdateSeconds) * 1000,
  },
  {
    name: 'lifetime-within-decision',
    citation: 'RFC 5280 section 4.1.2.5; profile section 3.1',
    holds: ({ notAfter }, { now, profile, lifetimeSeconds }) => {
      const seconds = (notAfter.getTime() - Math.floor(now.getTime() / 1000) * 1000) / 1000 + 1
      return seconds > 0 && seconds <= Math.min(lifetimeSeconds, profile.lifetimeSeconds, limit.leafSeconds)
    },
  },
  {
    name: 'within-issuer-validity',
    citation: 'RFC 5280 section 6.1.3; profile section 3.1',
    holds: ({ notBefore, notAfter }, { issuer }) =>
      notBefore >= issuer.notBefore && notAfter <= issuer.notAfter,
  },
  {
    name: 'key-usage-digital-signature',
    citation: 'RFC 5280 section 4.2.1.3; profile section 3.4',
    holds: (tbs) => hasKeyUsage(tbs, stated.keyUsage.digitalSignature),
  },
  {
    name: 'ext-key-usage-client-auth-and-marker',
    citation: 'RFC 5280 section 4.2.1.12; profile section 3.5',
    holds: (tbs, { profile }) => hasPurposes(tbs, oid.clientAuth, profile.markerOid),
  },
  {
    name: 'ext-key-usage-within-issuer',
    citation: 'profile section 3.5',
    holds: (tbs, { issuer }) =>
      holdsFor(tbs, oid.extKeyUsage, (value) =>
        decodeExtKeyUsage(value).every((purpose) => issuer.extKeyUsage.includes(purpose)),
      ),
  },
  {
    name: 'authority-key-identifier-of-issuer',
    citation: 'RFC 5280 section 4.2.1.1; profile section 3.6',
    holds: (tbs, { issuer }) => namesKeyOfSigner(tbs, issuer.subjectKeyIdentifier),
  },
  {
    name: 'certificate-policy-of-profile',
    citation: 'RFC 5280 section 4.2.1.4; profile section 3.7',
    holds: (tbs, { profile: { policyOid } }) => {
      const value = extensionValue(tbs, oid.certificatePolicies)
      if (value === undefined) return policyOid === undefined
      return policyOid !== undefined && sameList(decodeCertificatePolicies(value), [policyOid])
    },
  },
  {
    name: 'certificate-policy-not-any-policy',
    citation: 'profile section 3.7',
    holds: (tbs) =>
      holdsIfPresent(
        tbs,
        oid.certificatePolicies,
        (value) => !decodeCertificatePolicies(value).includes(oid.anyPolicy),
      ),
  },
  {
    name: 'no-rev-avail-null',
    citation: 'RFC 9608 section 2; profile section 3.9',
    holds: (tbs, { profile }) => {
      const value = extensionValue(tbs, oid.noRevAvail)
      if (value === undefined) return !profile.noRevAvail
      return profile.noRevAvail && sameOctets(value, Uint8Array.of(0x05, 0x00))
    },
  },
  {
    name: 'no-revocation-pointer',
    citation: 'RFC 9608 section 3; profile section 3.10',
    holds: (tbs) => !revocationPointers.some((pointer) => has(tbs, pointer)),
  },
  {
    name: 'not-a-ca',
    citation: 'RFC 9608 section 3; RFC 5280 section 4.2.1.9; profile section 3.10',
    holds: (tbs) => !has(tbs, oid.basicConstraints),
  },
  {
    name: 'only-profile-extensions',
    citation: 'RFC 5280 section 4.2; profile section 3.10',
    holds: ({ extensions }) => extensions.every((extension) => leafExtensions.includes(extension.oid)),
  },
  {
    name: 'critical-key-usage-alone',
    citation: 'RFC 5280 section 4.2; RFC 9608 section 2; profile section 3.11',
    holds: ({ extensions }) =>
      extensions.every((extension) => extension.critical === (extension.oid === oid.keyUsage)),
  },
]

const common = ({ publicKey, issuer }: LeafExpectation): CommonExpectation => ({
  publicKey,
  algorithm: issuer.algorithm,
  issuerName: issuer.subject,
})

const asLeafRule = (rule: LintRule<CommonExpectation>): LintRule<LeafExpectation> => ({
  ...rule,
  holds: (tbs, expected) => rule.holds(tbs, common(expected)),
})

/** Every rule a leaf keeps. */
export const allLeafRules: readonly LintRule<LeafExpectation>[] = [
  ...commonRules.map(asLeafRule),
  markerIsOwnPurpose,
  ...leafNameRules,
  ...leafRules,
]

/**
 * Lints a finished leaf TBSCertificate.
 * @throws {Refusal} `lint-failed`
 */
export const lintLeaf = (der: Uint8Array, expected: LeafExpectation): void =>
  lint(der, allLeafRules, expected)
