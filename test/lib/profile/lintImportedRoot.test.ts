import { describe, expect, it } from 'vitest'
import type { IssuerExpectation } from '../../../lib/profile/lintRoot.ts'
import {
  importedIssuerRules,
  type ImportedRootExpectation,
  importedRootRules,
  lintImportedIssuer,
  lintImportedRoot,
} from '../../../lib/profile/lintImportedRoot.ts'
import {
  basicConstraintsCa,
  certificatePolicies,
  extensionOid,
  keyUsage,
  subjectKeyIdentifier,
} from '../../../lib/x509/extension.ts'
import { encodeName } from '../../../lib/x509/encodeName.ts'
import { encodeTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { issuerExpectation } from './fixtures/authority.ts'
import { issuerBreaches } from './fixtures/authorityBreaches.ts'
import {
  adding,
  afterSeconds,
  type Breaches,
  criticalAs,
  doubling,
  removing,
  replacing,
  valued,
} from './fixtures/breach.ts'
import { describeRules } from './fixtures/describeRules.ts'
import { makeHierarchy, now } from './fixtures/hierarchy.ts'

const hierarchy = makeHierarchy('ES256')
const another = encodeName([['CN', 'VPN root 2']])

/** A name as Mayfly does not give them to issuers. */
const ownName = encodeName([['CN', 'Contoso VPN issuing CA']])

const daysOf20Years = 20 * 366

const tooLong = { what: '21 octets', tbs: () => ({ serialNumber: new Uint8Array(21).fill(0x41) }) }

/** A breach of every rule of a root made elsewhere. */
const rootBreaches: Breaches<ImportedRootExpectation> = {
  'imported-serial-number-length': [
    tooLong,
    { what: 'a negative number', tbs: () => ({ serialNumber: Uint8Array.of(0x80, 0x00) }) },
  ],
  'imported-subject-named': [
    { what: 'no name', tbs: () => ({ subject: encodeName([]), issuer: encodeName([]) }) },
  ],
  'imported-root-self-issued': [
    { what: 'another subject', tbs: () => ({ subject: another }) },
    { what: 'another issuer', tbs: () => ({ issuer: another }) },
  ],
  'imported-root-valid-now': [
    {
      what: 'a second before it begins',
      expected: () => ({ now: afterSeconds(hierarchy.root.notBefore, -1) }),
    },
    { what: 'its last second', expected: () => ({ now: hierarchy.root.notAfter }) },
  ],
  'imported-root-lifetime': [
    {
      what: 'a second more than 20 years',
      tbs: ({ notBefore }) => ({ notAfter: afterSeconds(notBefore, daysOf20Years * 86_400 + 1) }),
    },
  ],
  'imported-root-basic-constraints-without-path-length': [
    { what: 'a path length', tbs: replacing(basicConstraintsCa(1)) },
    { what: 'no CA', tbs: replacing(valued(extensionOid.basicConstraints, '30 00')) },
    { what: 'none', tbs: removing(extensionOid.basicConstraints) },
  ],
  'imported-root-key-usage': [
    { what: 'no keyCertSign', tbs: replacing(keyUsage(['digitalSignature', 'cRLSign'])) },
    { what: 'none', tbs: removing(extensionOid.keyUsage) },
    { what: 'what is not DER', tbs: replacing(valued(extensionOid.keyUsage, '03 02')) },
  ],
  'imported-root-subject-key-identifier': [
    { what: 'none', tbs: removing(extensionOid.subjectKeyIdentifier) },
    { what: 'an empty one', tbs: replacing(subjectKeyIdentifier(new Uint8Array())) },
    { what: 'what is not DER', tbs: replacing(valued(extensionOid.subjectKeyIdentifier, '04 02 00')) },
    { what: 'what is no OCTET STRING', tbs: replacing(valued(extensionOid.subjectKeyIdentifier, '05 00')) },
  ],
  'imported-root-any-policy': [
    { what: 'no policy', tbs: removing(extensionOid.certificatePolicies) },
    { what: 'another policy', tbs: replacing(certificatePolicies(['1.2.3'])) },
  ],
  'imported-root-extensions-unique': [{ what: 'one twice', tbs: doubling(extensionOid.keyUsage) }],
  'imported-root-unconstrained': ['2.5.29.37', '2.5.29.30', '2.5.29.33', '2.5.29.36', '2.5.29.54'].map(
    (oid) => ({ what: oid, tbs: adding(valued(oid, '30 00')) }),
  ),
  'imported-root-criticality': [
    { what: 'an extension of their own', tbs: adding({ ...valued('1.2.3.4', '05 00'), critical: true }) },
    {
      what: 'a critical subjectKeyIdentifier',
      tbs: criticalAs(extensionOid.subjectKeyIdentifier, true),
    },
  ],
}

const {
  'serial-number-length': _length,
  'serial-number-second-bit': _bit,
  'extensions-in-order': _order,
  'authority-name': _name,
  ...keptBreaches
} = issuerBreaches

/** A breach of every rule of an issuer made with an offline root. */
const importedIssuerBreaches: Breaches<IssuerExpectation> = {
  ...keptBreaches,
  'serial-number-positive': [{ what: 'zero', tbs: () => ({ serialNumber: Uint8Array.of(0) }) }],
  'imported-serial-number-length': [tooLong],
  'imported-subject-named': [{ what: 'no name', tbs: () => ({ subject: encodeName([]) }) }],
}

describe('lintImportedRoot()', () => {
  describeRules({
    rules: importedRootRules,
    count: 12,
    breaches: rootBreaches,
    tbs: hierarchy.root,
    expected: { now },
    lint: lintImportedRoot,
  })

  describe('takes what Mayfly would not write:', () => {
    const made = [
      ['a serial number of 20 octets', { serialNumber: new Uint8Array(20).fill(0x41) }],
      ['a serial number of zero', { serialNumber: Uint8Array.of(0) }],
      ['a name of one attribute', { subject: another, issuer: another }],
      ['20 years', { notAfter: afterSeconds(hierarchy.root.notBefore, daysOf20Years * 86_400) }],
      ['a key identifier of 8 octets', replacing(subjectKeyIdentifier(new Uint8Array(8)))(hierarchy.root)],
      ['more key usages', replacing(keyUsage(['keyCertSign', 'cRLSign']))(hierarchy.root)],
      ['more policies', replacing(certificatePolicies(['1.2.3', '2.5.29.32.0']))(hierarchy.root)],
      ['a critical policy', criticalAs(extensionOid.certificatePolicies, true)(hierarchy.root)],
      ['an extension of its own', adding(valued('1.2.3.4', '05 00'))(hierarchy.root)],
    ] as const
    it.each(made)('%s', (_what, changes) => {
      const der = encodeTbsCertificate({ ...hierarchy.root, ...changes })
      expect(() => lintImportedRoot(der, { now })).not.toThrow()
    })
  })
})

describe('lintImportedIssuer()', () => {
  describeRules({
    rules: importedIssuerRules,
    count: 22,
    breaches: importedIssuerBreaches,
    tbs: {
      ...hierarchy.issuer,
      serialNumber: new Uint8Array(20).fill(0x01),
      subject: ownName,
      extensions: hierarchy.issuer.extensions.toReversed(),
    },
    expected: issuerExpectation(hierarchy),
    lint: lintImportedIssuer,
  })
})
