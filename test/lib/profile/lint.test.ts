import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import {
  type IssuerExpectation,
  issuerRules,
  lintIssuer,
  lintRoot,
  type RootExpectation,
  rootRules,
} from '../../../lib/profile/authorityRules.ts'
import { authorityLimits } from '../../../lib/profile/authorityProfile.ts'
import { leafTbs } from '../../../lib/profile/leafProfile.ts'
import { allLeafRules, type LeafExpectation, lintLeaf } from '../../../lib/profile/leafRules.ts'
import { lint, type LintRule } from '../../../lib/profile/lint.ts'
import { DerError } from '../../../lib/x509/derReader.ts'
import { encodeNull, encodeSequence } from '../../../lib/x509/derWriter.ts'
import {
  authorityKeyIdentifier,
  basicConstraintsCa,
  certificatePolicies,
  clientAuthOid,
  type Extension,
  extensionOid,
  extKeyUsage,
  keyUsage,
  noRevAvail,
  securityIdentifier,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../../lib/x509/extensions.ts'
import { encodeName } from '../../../lib/x509/name.ts'
import { encodeTbsCertificate, type TbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { octets } from '../x509/fixtures/octets.ts'
import { issuerExpectation, rootExpectation } from './fixtures/authority.ts'
import { makeHierarchy, makeKeyPair, now } from './fixtures/hierarchy.ts'
import { expectationOf, leafRequest } from './fixtures/leaf.ts'
import { defaultMarkerOid } from './fixtures/markerOid.ts'

const hierarchy = makeHierarchy('ES256')
const request = leafRequest(hierarchy, makeKeyPair('ES256').publicKey)
const other = makeKeyPair('ES256').publicKey

/** A certificate that breaks one rule, made from one that keeps them all, and from what that one is linted against. */
interface Breach<Expectation> {
  readonly what: string
  readonly tbs?: (tbs: TbsCertificate) => Partial<TbsCertificate>
  readonly expected?: (expected: Expectation) => Partial<Expectation>
}

const identifier = new Uint8Array(20).fill(7)
const afterSeconds = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000)
const nowSecond = new Date(Math.floor(now.getTime() / 1000) * 1000)

const adding =
  (...more: readonly Extension[]) =>
  ({ extensions }: TbsCertificate) => ({ extensions: [...extensions, ...more] })

const removing =
  (oid: string) =>
  ({ extensions }: TbsCertificate) => ({ extensions: extensions.filter((each) => each.oid !== oid) })

const replacing =
  (extension: Extension) =>
  ({ extensions }: TbsCertificate) => ({
    extensions: extensions.map((each) => (each.oid === extension.oid ? extension : each)),
  })

const valued = (oid: string, value: string): Extension => ({
  oid,
  critical: oid === extensionOid.basicConstraints || oid === extensionOid.keyUsage,
  value: octets(value),
})

const criticalAs =
  (oid: string, critical: boolean) =>
  ({ extensions }: TbsCertificate) => ({
    extensions: extensions.map((each) => (each.oid === oid ? { ...each, critical } : each)),
  })

const pointers = [
  extensionOid.cRLDistributionPoints,
  extensionOid.freshestCRL,
  extensionOid.authorityInfoAccess,
]

/** Breaches of the rules that every certificate keeps. */
const commonBreaches: Readonly<Record<string, readonly Breach<unknown>[]>> = {
  'serial-number-positive': [
    {
      what: 'a negative serialNumber',
      tbs: () => ({ serialNumber: Uint8Array.of(0x80, ...new Uint8Array(15)) }),
    },
  ],
  'serial-number-length': [
    { what: 'a serialNumber of 15 octets', tbs: () => ({ serialNumber: new Uint8Array(15).fill(0x41) }) },
    { what: 'a serialNumber of 17 octets', tbs: () => ({ serialNumber: new Uint8Array(17).fill(0x41) }) },
  ],
  'signature-algorithm-of-issuer-key': [
    { what: 'another digest', tbs: () => ({ signature: 'ES384' }) },
    { what: 'an algorithm of another key', tbs: () => ({ signature: 'RS256' }) },
  ],
  'subject-public-key-unchanged': [
    { what: 'another key', tbs: () => ({ subjectPublicKeyInfo: other.spki }) },
  ],
  'extensions-unique': [
    {
      what: 'one extension twice',
      tbs: (tbs) => ({
        extensions: tbs.extensions.flatMap((each) =>
          each.oid === extensionOid.subjectKeyIdentifier ? [each, each] : [each],
        ),
      }),
    },
  ],
  'subject-key-identifier': [
    { what: 'another identifier', tbs: replacing(subjectKeyIdentifier(identifier)) },
    { what: 'none', tbs: removing(extensionOid.subjectKeyIdentifier) },
    {
      what: 'an identifier that is not DER',
      tbs: replacing(valued(extensionOid.subjectKeyIdentifier, '04 02 00')),
    },
  ],
}

const leafBreaches: Readonly<Record<string, readonly Breach<LeafExpectation>[]>> = {
  ...commonBreaches,
  'issuer-name-byte-equal': [
    {
      what: "the issuer's attributes in another order",
      tbs: () => ({
        issuer: encodeName([
          ['CN', 'VPN issuer 1'],
          ['O', 'Contoso'],
        ]),
      }),
    },
  ],
  'validity-in-order': [
    {
      what: 'notBefore equal to notAfter',
      tbs: () => ({ notBefore: nowSecond, notAfter: nowSecond }),
      expected: ({ profile }) => ({ profile: { ...profile, backdateSeconds: 0 } }),
    },
  ],
  'not-before-backdated-by-profile': [
    { what: 'a second too late', tbs: ({ notBefore }) => ({ notBefore: afterSeconds(notBefore, 1) }) },
    { what: 'a second too early', tbs: ({ notBefore }) => ({ notBefore: afterSeconds(notBefore, -1) }) },
  ],
  'lifetime-within-decision': [
    {
      what: 'a second more than the profile',
      tbs: ({ notAfter }) => ({ notAfter: afterSeconds(notAfter, 1) }),
    },
    { what: 'a second more than the decision', expected: () => ({ lifetimeSeconds: 3599 }) },
    {
      what: 'a second more than a day',
      tbs: () => ({ notAfter: afterSeconds(nowSecond, 86_400) }),
      expected: ({ profile }) => ({
        lifetimeSeconds: 100_000,
        profile: { ...profile, lifetimeSeconds: 100_000 },
      }),
    },
    { what: 'an end before now', tbs: () => ({ notAfter: afterSeconds(nowSecond, -1) }) },
  ],
  'within-issuer-validity': [
    {
      what: 'an issuer that ends a second before',
      expected: ({ issuer }) => ({
        issuer: { ...issuer, notAfter: afterSeconds(request.validity.notAfter, -1) },
      }),
    },
    {
      what: 'an issuer that starts a second later',
      expected: ({ issuer }) => ({
        issuer: { ...issuer, notBefore: afterSeconds(request.validity.notBefore, 1) },
      }),
    },
  ],
  'subject-is-common-name-of-identity': [
    { what: 'another name', tbs: () => ({ subject: encodeName([['CN', 'bob@contoso.example']]) }) },
    { what: 'another attribute', tbs: () => ({ subject: encodeName([['O', 'alice@contoso.example']]) }) },
    {
      what: 'one more attribute',
      tbs: () => ({
        subject: encodeName([
          ['CN', 'alice@contoso.example'],
          ['O', 'Contoso'],
        ]),
      }),
    },
    { what: 'no name', tbs: () => ({ subject: encodeSequence() }) },
  ],
  'common-name-length': ['', 'a'.repeat(65)].map((commonName) => ({
    what: `${commonName.length} characters`,
    tbs: () => ({ subject: encodeName([['CN', commonName]]) }),
    expected: ({ identity }: LeafExpectation) => ({ identity: { ...identity, commonName } }),
  })),
  'subject-alt-name-of-identity': [
    {
      what: 'another name',
      tbs: replacing(subjectAltName([{ kind: 'upn', value: 'administrator@contoso.example' }])),
    },
    {
      what: 'the name as another kind',
      tbs: replacing(subjectAltName([{ kind: 'rfc822Name', value: 'alice@contoso.example' }])),
    },
    {
      what: 'a name that was not asked for',
      tbs: replacing(
        subjectAltName([
          { kind: 'upn', value: 'alice@contoso.example' },
          { kind: 'dNSName', value: 'dc.contoso.example' },
        ]),
      ),
    },
    { what: 'a name of an unknown kind', tbs: replacing(valued(extensionOid.subjectAltName, '30 02 88 00')) },
    { what: 'no names', tbs: removing(extensionOid.subjectAltName) },
    {
      what: 'a name less than was asked for',
      expected: ({ identity }) => ({ identity: { ...identity, rfc822Name: 'alice@contoso.example' } }),
    },
    {
      what: 'a name that is not ASCII',
      tbs: replacing(
        subjectAltName([
          { kind: 'upn', value: 'alice@contoso.example' },
          { kind: 'rfc822Name', value: 'é@contoso.example' },
        ]),
      ),
      expected: ({ identity }) => ({ identity: { ...identity, rfc822Name: 'é@contoso.example' } }),
    },
  ],
  'key-usage-digital-signature': [
    { what: 'one usage more', tbs: replacing(keyUsage(['digitalSignature', 'keyCertSign'])) },
    { what: 'none', tbs: removing(extensionOid.keyUsage) },
    { what: 'a trailing zero bit', tbs: replacing(valued(extensionOid.keyUsage, '03 02 06 80')) },
  ],
  'ext-key-usage-client-auth-and-marker': [
    { what: 'another order', tbs: replacing(extKeyUsage([defaultMarkerOid, clientAuthOid])) },
    { what: 'no marker', tbs: replacing(extKeyUsage([clientAuthOid])) },
  ],
  'ext-key-usage-within-issuer': [
    {
      what: 'an issuer that lacks the marker',
      expected: ({ issuer }) => ({ issuer: { ...issuer, extKeyUsage: [clientAuthOid] } }),
    },
  ],
  'authority-key-identifier-of-issuer': [
    { what: 'another identifier', tbs: replacing(authorityKeyIdentifier(identifier)) },
    { what: 'none', tbs: removing(extensionOid.authorityKeyIdentifier) },
    {
      what: 'more than an identifier',
      tbs: replacing(valued(extensionOid.authorityKeyIdentifier, '30 06 80 01 01 82 01 02')),
    },
  ],
  'certificate-policy-of-profile': [
    { what: 'a policy the tenant has not', tbs: adding(certificatePolicies(['1.2.3'])) },
    {
      what: 'no policy',
      expected: ({ profile }) => ({ profile: { ...profile, policyOid: '1.2.3' } }),
    },
    {
      what: 'one policy more',
      tbs: adding(certificatePolicies(['1.2.3', '1.2.4'])),
      expected: ({ profile }) => ({ profile: { ...profile, policyOid: '1.2.3' } }),
    },
  ],
  'sid-of-identity': [
    { what: 'a SID the token has not', tbs: adding(securityIdentifier('S-1-5-21-1-2-3-1105')) },
    {
      what: 'no SID',
      expected: ({ identity }) => ({ identity: { ...identity, sid: 'S-1-5-21-1-2-3-1105' } }),
    },
    {
      what: 'another SID',
      tbs: adding(securityIdentifier('S-1-5-21-1-2-3-1106')),
      expected: ({ identity }) => ({ identity: { ...identity, sid: 'S-1-5-21-1-2-3-1105' } }),
    },
  ],
  'no-rev-avail-null': [
    { what: 'none', tbs: removing(extensionOid.noRevAvail) },
    { what: 'a value that is not NULL', tbs: replacing(valued(extensionOid.noRevAvail, '01 01 ff')) },
    {
      what: 'one the tenant switched off',
      expected: ({ profile }) => ({ profile: { ...profile, noRevAvail: false } }),
    },
  ],
  'no-revocation-pointer': pointers.map((oid) => ({ what: oid, tbs: adding(valued(oid, '30 00')) })),
  'not-a-ca': [
    {
      what: 'basicConstraints, even of an end entity',
      tbs: adding({ oid: extensionOid.basicConstraints, critical: false, value: octets('30 00') }),
    },
    {
      what: 'basicConstraints of a CA',
      tbs: adding({ ...basicConstraintsCa(), critical: false }),
    },
  ],
  'only-profile-extensions': [
    { what: 'nameConstraints', tbs: adding(valued('2.5.29.30', '30 00')) },
    {
      what: 'an extension of the certificate template',
      tbs: adding(valued('1.3.6.1.4.1.311.21.7', '30 00')),
    },
  ],
  'critical-key-usage-alone': [
    { what: 'keyUsage that is not critical', tbs: criticalAs(extensionOid.keyUsage, false) },
    { what: 'noRevAvail that is', tbs: criticalAs(extensionOid.noRevAvail, true) },
    { what: 'subjectAltName that is', tbs: criticalAs(extensionOid.subjectAltName, true) },
  ],
}

const authorityBreaches = (maxLifetime: number): Readonly<Record<string, readonly Breach<unknown>[]>> => ({
  ...commonBreaches,
  'validity-in-order': [
    { what: 'notBefore equal to notAfter', tbs: ({ notAfter }) => ({ notBefore: notAfter }) },
    { what: 'notBefore after notAfter', tbs: ({ notAfter }) => ({ notBefore: afterSeconds(notAfter, 1) }) },
  ],
  'authority-lifetime': [
    {
      what: 'a second more than it may live',
      tbs: ({ notAfter }) => ({
        notBefore: new Date(notAfter.getTime() - maxLifetime - authorityLimits.backdateMilliseconds),
      }),
    },
  ],
  'authority-any-policy': [
    { what: 'no policy', tbs: removing(extensionOid.certificatePolicies) },
    { what: 'another policy', tbs: replacing(certificatePolicies(['1.2.3'])) },
  ],
  'authority-criticality': [
    { what: 'basicConstraints that is not critical', tbs: criticalAs(extensionOid.basicConstraints, false) },
    { what: 'certificatePolicies that is', tbs: criticalAs(extensionOid.certificatePolicies, true) },
  ],
  'authority-without-revocation': [
    ...pointers.map((oid) => ({ what: oid, tbs: adding(valued(oid, '30 00')) })),
    { what: 'noRevAvail', tbs: adding(noRevAvail()) },
  ],
})

const rootBreaches: Readonly<Record<string, readonly Breach<RootExpectation>[]>> = {
  ...authorityBreaches(authorityLimits.rootLifetimeMilliseconds),
  'issuer-name-byte-equal': [
    { what: 'another name', expected: () => ({ issuerName: encodeName([['CN', 'VPN root 2']]) }) },
  ],
  'root-self-issued': [
    { what: 'another subject', tbs: () => ({ subject: encodeName([['CN', 'VPN root 2']]) }) },
  ],
  'root-basic-constraints-without-path-length': [
    { what: 'a path length', tbs: replacing(basicConstraintsCa(1)) },
    { what: 'no CA', tbs: replacing(valued(extensionOid.basicConstraints, '30 00')) },
    { what: 'no CA, written out', tbs: replacing(valued(extensionOid.basicConstraints, '30 03 01 01 00')) },
    { what: 'none', tbs: removing(extensionOid.basicConstraints) },
  ],
  'root-key-usage': [
    { what: 'no digitalSignature', tbs: replacing(keyUsage(['keyCertSign'])) },
    { what: 'cRLSign', tbs: replacing(keyUsage(['digitalSignature', 'keyCertSign', 'cRLSign'])) },
  ],
  'root-only-profile-extensions': [
    { what: 'extKeyUsage', tbs: adding(extKeyUsage([clientAuthOid])) },
    { what: 'nameConstraints', tbs: adding(valued('2.5.29.30', '30 00')) },
  ],
}

const issuerBreaches: Readonly<Record<string, readonly Breach<IssuerExpectation>[]>> = {
  ...authorityBreaches(authorityLimits.issuerLifetimeMilliseconds),
  'issuer-name-byte-equal': [
    { what: 'another name', tbs: () => ({ issuer: encodeName([['CN', 'VPN root 2']]) }) },
  ],
  'issuer-basic-constraints-path-length-0': [
    { what: 'a path length of 1', tbs: replacing(basicConstraintsCa(1)) },
    { what: 'no path length', tbs: replacing(basicConstraintsCa()) },
    { what: 'no CA', tbs: replacing(valued(extensionOid.basicConstraints, '30 03 02 01 00')) },
  ],
  'issuer-key-usage': [
    { what: 'digitalSignature', tbs: replacing(keyUsage(['digitalSignature', 'keyCertSign'])) },
  ],
  'issuer-ext-key-usage-constrained': [
    { what: 'none', tbs: removing(extensionOid.extKeyUsage) },
    {
      what: 'one purpose more',
      tbs: replacing(extKeyUsage([clientAuthOid, defaultMarkerOid, '1.3.6.1.5.5.7.3.1'])),
    },
  ],
  'issuer-authority-key-identifier': [
    { what: 'another identifier', tbs: replacing(authorityKeyIdentifier(identifier)) },
    { what: 'none', tbs: removing(extensionOid.authorityKeyIdentifier) },
  ],
  'issuer-within-root-validity': [
    {
      what: 'a root that ends a second before',
      expected: () => ({ rootNotAfter: afterSeconds(hierarchy.issuer.notAfter, -1) }),
    },
  ],
  'issuer-only-profile-extensions': [
    { what: 'nameConstraints', tbs: adding(valued('2.5.29.30', '30 00')) },
    { what: 'subjectAltName', tbs: adding(subjectAltName([{ kind: 'dNSName', value: 'ca.example' }])) },
  ],
}

interface Subject<Expectation> {
  readonly rules: readonly LintRule<Expectation>[]
  readonly breaches: Readonly<Record<string, readonly Breach<Expectation>[]>>
  readonly tbs: TbsCertificate
  readonly expected: Expectation
  readonly lint: (der: Uint8Array, expected: Expectation) => void
}

/** The detail of the refusal `lint-failed`; undefined when nothing is thrown. */
const detailOf = (act: () => void): string | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof Refusal && error.code === 'lint-failed') return error.detail
    throw error
  }
}

/** Each rule is broken alone, and is then the only one that the refusal names. */
const describeRules = <Expectation>(subject: Subject<Expectation>): void => {
  const { rules, breaches, tbs, expected, lint: lintSubject } = subject
  it('accepts what keeps every rule', () => {
    expect(() => lintSubject(encodeTbsCertificate(tbs), expected)).not.toThrow()
  })

  it('has no two rules of one name, and a breach of each', () => {
    expect(new Set(rules.map((rule) => rule.name)).size).toBe(rules.length)
    expect(Object.keys(breaches).sort()).toEqual(rules.map((rule) => rule.name).sort())
  })

  const cases = rules.flatMap((rule) =>
    (breaches[rule.name] ?? []).map((breach) => [rule.name, breach.what, rule.citation, breach] as const),
  )
  it.each(cases)('refuses by %s alone: %s', (rule, _what, citation, breach) => {
    const der = encodeTbsCertificate({ ...tbs, ...breach.tbs?.(tbs) })
    const detail = detailOf(() => lintSubject(der, { ...expected, ...breach.expected?.(expected) }))
    expect(detail).toBe(`Cannot sign: the TBSCertificate breaks ${rule} (${citation}).`)
  })

  const der = encodeTbsCertificate(tbs)
  it.each([
    ['no octets', octets('')],
    ['octets that are not DER', octets('30 80 00 00')],
    ['octets that are not a TBSCertificate', encodeSequence(encodeNull())],
    ['a TBSCertificate that is cut', der.subarray(0, -1)],
    ['octets after the TBSCertificate', Uint8Array.of(...der, 0)],
  ])('refuses %s', (_what, broken) => {
    expect(() => lintSubject(broken, expected)).toRefuse('lint-failed', /is not DER/)
  })
}

describe('lintLeaf()', () => {
  describeRules({
    rules: allLeafRules,
    breaches: leafBreaches,
    tbs: leafTbs(request),
    expected: expectationOf(request),
    lint: lintLeaf,
  })
})

describe('lintRoot()', () => {
  describeRules({
    rules: rootRules,
    breaches: rootBreaches,
    tbs: hierarchy.root,
    expected: rootExpectation(hierarchy),
    lint: lintRoot,
  })
})

describe('lintIssuer()', () => {
  describeRules({
    rules: issuerRules,
    breaches: issuerBreaches,
    tbs: hierarchy.issuer,
    expected: issuerExpectation(hierarchy),
    lint: lintIssuer,
  })
})

describe('lint()', () => {
  const der = encodeTbsCertificate(hierarchy.root)
  const rule = (name: string, holds: () => boolean): LintRule<undefined> => ({
    name,
    citation: 'here',
    holds,
  })

  it('names every broken rule and its citation', () => {
    const rules = [rule('first', () => false), rule('second', () => true), rule('third', () => false)]
    expect(() => lint(der, rules, undefined)).toRefuse(
      'lint-failed',
      /breaks first \(here\), third \(here\)\.$/,
    )
  })

  it('takes a DerError for a broken rule, and lets a fault of the rule itself through', () => {
    const derError = rule('broken', () => {
      throw new DerError('a value is broken')
    })
    const fault = rule('faulty', () => {
      throw new TypeError('a defect')
    })
    expect(() => lint(der, [derError], undefined)).toRefuse('lint-failed', /breaks broken \(here\)/)
    expect(() => lint(der, [fault], undefined)).toThrow(TypeError)
  })
})
