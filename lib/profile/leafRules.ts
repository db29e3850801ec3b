import { extensionValue } from '../x509/certificate.ts'
import {
  clientAuthOid,
  decodeAuthorityKeyIdentifier,
  decodeCertificatePolicies,
  decodeExtKeyUsage,
  decodeKeyUsage,
  decodeSecurityIdentifier,
  decodeSubjectAltName,
  extensionOid,
} from '../x509/extensions.ts'
import { decodeName } from '../x509/name.ts'
import type { PublicKey } from '../x509/publicKey.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'
import { commonRules, type CommonExpectation, holdsFor, sameList, sameOctets } from './commonRules.ts'
import { type LeafIdentity, type LeafIssuer, leafLimits, leafNames, type LeafProfile } from './leafProfile.ts'
import { lint, type LintRule } from './lint.ts'

/** What a leaf is linted against: the decision's facts, not the writer's output. */
export interface LeafExpectation {
  readonly profile: LeafProfile
  readonly identity: LeafIdentity
  readonly issuer: LeafIssuer
  readonly publicKey: PublicKey
  /** The most seconds the decision allows, at most the profile's lifetime. */
  readonly lifetimeSeconds: number
  readonly now: Date
}

const allowed = new Set<string>([
  extensionOid.authorityKeyIdentifier,
  extensionOid.subjectKeyIdentifier,
  extensionOid.keyUsage,
  extensionOid.extKeyUsage,
  extensionOid.subjectAltName,
  extensionOid.certificatePolicies,
  extensionOid.securityIdentifier,
  extensionOid.noRevAvail,
])

const revocationPointers = [
  extensionOid.cRLDistributionPoints,
  extensionOid.freshestCRL,
  extensionOid.authorityInfoAccess,
]

const has = (tbs: TbsCertificate, oid: string) => extensionValue(tbs, oid) !== undefined

/** Present with a value that passes the test when expected, absent when not. */
const presentIff = (
  expected: boolean,
  { tbs, oid }: { readonly tbs: TbsCertificate; readonly oid: string },
  test: (value: Uint8Array) => boolean,
): boolean => (expected ? holdsFor(tbs, oid, test) : !has(tbs, oid))

const sameNames = (value: Uint8Array, identity: LeafIdentity): boolean =>
  JSON.stringify(decodeSubjectAltName(value)) === JSON.stringify(leafNames(identity))

/** The rules of a leaf beside those every certificate keeps. */
export const leafRules: readonly LintRule<LeafExpectation>[] = [
  {
    name: 'not-before-backdated-by-profile',
    citation: 'profile: notBefore = now - backdate',
    holds: ({ notBefore }, { now, profile }) =>
      notBefore.getTime() === (Math.floor(now.getTime() / 1000) - profile.backdateSeconds) * 1000,
  },
  {
    name: 'lifetime-within-decision',
    citation: 'profile: notAfter = now + lifetime - 1 s; RFC 5280 section 4.1.2.5',
    holds: ({ notAfter }, { now, profile, lifetimeSeconds }) => {
      const seconds = (notAfter.getTime() - Math.floor(now.getTime() / 1000) * 1000) / 1000 + 1
      return (
        seconds > 0 &&
        seconds <= Math.min(lifetimeSeconds, profile.lifetimeSeconds, leafLimits.maxLifetimeSeconds)
      )
    },
  },
  {
    name: 'within-issuer-validity',
    citation: 'profile: an issuer that ends before the leaf is not chosen; RFC 5280 section 6.1.3',
    holds: ({ notBefore, notAfter }, { issuer }) =>
      notBefore >= issuer.notBefore && notAfter <= issuer.notAfter,
  },
  {
    name: 'subject-is-common-name-of-identity',
    citation: 'profile: subject',
    holds: ({ subject }, { identity }) => {
      const [only, ...more] = decodeName(subject)
      return more.length === 0 && only?.type === '2.5.4.3' && only.utf8 === identity.commonName
    },
  },
  {
    name: 'common-name-length',
    citation: 'RFC 5280 appendix A.1 (ub-common-name)',
    holds: ({ subject }) =>
      decodeName(subject).every(
        ({ utf8 = '' }) => utf8.length > 0 && utf8.length <= leafLimits.maxCommonNameCharacters,
      ),
  },
  {
    name: 'subject-alt-name-of-identity',
    citation: 'profile: subjectAltName; RFC 5280 section 4.2.1.6',
    holds: (tbs, { identity }) =>
      holdsFor(tbs, extensionOid.subjectAltName, (value) => sameNames(value, identity)),
  },
  {
    name: 'key-usage-digital-signature',
    citation: 'profile: keyUsage; RFC 5280 section 4.2.1.3',
    holds: (tbs) => holdsFor(tbs, extensionOid.keyUsage, (value) => sameList(decodeKeyUsage(value), [0])),
  },
  {
    name: 'ext-key-usage-client-auth-and-marker',
    citation: 'profile: extKeyUsage; RFC 5280 section 4.2.1.12',
    holds: (tbs, { profile }) =>
      holdsFor(tbs, extensionOid.extKeyUsage, (value) =>
        sameList(decodeExtKeyUsage(value), [clientAuthOid, profile.markerOid]),
      ),
  },
  {
    name: 'ext-key-usage-within-issuer',
    citation: 'profile: issuers are EKU-constrained',
    holds: (tbs, { issuer }) =>
      holdsFor(tbs, extensionOid.extKeyUsage, (value) =>
        decodeExtKeyUsage(value).every((purpose) => issuer.extKeyUsage.includes(purpose)),
      ),
  },
  {
    name: 'authority-key-identifier-of-issuer',
    citation: 'RFC 5280 section 4.2.1.1',
    holds: (tbs, { issuer }) =>
      holdsFor(tbs, extensionOid.authorityKeyIdentifier, (value) =>
        sameOctets(decodeAuthorityKeyIdentifier(value), issuer.subjectKeyIdentifier),
      ),
  },
  {
    name: 'certificate-policy-of-profile',
    citation: 'profile: certificatePolicies; RFC 5280 section 4.2.1.4',
    holds: (tbs, { profile }) =>
      presentIff(profile.policyOid !== undefined, { tbs, oid: extensionOid.certificatePolicies }, (value) =>
        sameList(decodeCertificatePolicies(value), [profile.policyOid]),
      ),
  },
  {
    name: 'sid-of-identity',
    citation: 'profile: SID; [MS-WCCE] section 2.2.2.7.7.4',
    holds: (tbs, { identity }) =>
      presentIff(
        identity.sid !== undefined,
        { tbs, oid: extensionOid.securityIdentifier },
        (value) => decodeSecurityIdentifier(value) === identity.sid,
      ),
  },
  {
    name: 'no-rev-avail-null',
    citation: 'RFC 9608 section 2',
    holds: (tbs, { profile }) =>
      presentIff(profile.noRevAvail, { tbs, oid: extensionOid.noRevAvail }, (value) =>
        sameOctets(value, Uint8Array.of(0x05, 0x00)),
      ),
  },
  {
    name: 'no-revocation-pointer',
    citation: 'RFC 9608 section 4',
    holds: (tbs) => !revocationPointers.some((oid) => has(tbs, oid)),
  },
  {
    name: 'not-a-ca',
    citation: 'RFC 9608 section 2; RFC 5280 section 4.2.1.9',
    holds: (tbs) => !has(tbs, extensionOid.basicConstraints),
  },
  {
    name: 'only-profile-extensions',
    citation: 'profile: every other extension is absent',
    holds: ({ extensions }) =>
      extensions.every(
        ({ oid }) => allowed.has(oid) || oid === extensionOid.basicConstraints || isPointer(oid),
      ),
  },
  {
    name: 'critical-key-usage-alone',
    citation: 'profile: criticality; RFC 9608 section 2',
    holds: ({ extensions }) =>
      extensions.every(({ oid, critical }) => critical === (oid === extensionOid.keyUsage)),
  },
]

const isPointer = (oid: string) => revocationPointers.some((pointer) => pointer === oid)

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
  ...leafRules,
]

/**
 * Lints a finished leaf TBSCertificate.
 * @throws {Refusal} `lint-failed`
 */
export const lintLeaf = (der: Uint8Array, expected: LeafExpectation): void =>
  lint(der, allLeafRules, expected)
