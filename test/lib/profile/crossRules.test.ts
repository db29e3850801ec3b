import { describe, expect, it } from 'vitest'
import { authorityAlgorithms } from '../../../lib/keys/signer.ts'
import { type CrossExpectation, crossRules, lintCross } from '../../../lib/profile/lintRoot.ts'
import {
  authorityKeyIdentifier,
  basicConstraintsCa,
  clientAuthOid,
  extensionOid,
  extKeyUsage,
  keyUsage,
  subjectKeyIdentifier,
} from '../../../lib/x509/extension.ts'
import { encodeName } from '../../../lib/x509/encodeName.ts'
import { keyIdentifier } from '../../../lib/x509/publicKey.ts'
import { encodeTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { hex } from '../x509/fixtures/octets.ts'
import { authorityBreaches } from './fixtures/authorityBreaches.ts'
import {
  adding,
  afterSeconds,
  type Breaches,
  removing,
  replacing,
  strangeIdentifier,
  strangeKey,
  valued,
} from './fixtures/breach.ts'
import { crossExpectation, newWithOldTbs } from './fixtures/cross.ts'
import { describeRules } from './fixtures/describeRules.ts'
import { certify, makeHierarchy, makeKeyPair } from './fixtures/hierarchy.ts'
import { colons, opensslText } from './fixtures/opensslText.ts'
import { opensslVerifier } from './fixtures/opensslVerify.ts'
import { oracleExtension, oracleName, oracleTbs } from './fixtures/oracle.ts'

const old = makeHierarchy('ES256')
const nextKey = makeKeyPair('ES256').publicKey

/** A key identifier that is not what Mayfly would compute: the root may have been made elsewhere. */
const ownIdentifier = new Uint8Array(20).fill(9)

const another = encodeName([['CN', 'VPN root 3']])
const { 'subject-key-identifier': _, ...sharedBreaches } = authorityBreaches as Breaches<CrossExpectation>

/** A breach of every rule of a cross certificate. */
const breaches: Breaches<CrossExpectation> = {
  ...sharedBreaches,
  'issuer-name-byte-equal': [
    { what: 'another name', tbs: () => ({ issuer: another }) },
    { what: "the subject's own, as if it had signed itself", tbs: ({ subject }) => ({ issuer: subject }) },
  ],
  'subject-public-key-unchanged': [
    { what: 'another key', tbs: () => ({ subjectPublicKeyInfo: strangeKey.spki }) },
  ],
  'cross-subject-name-byte-equal': [
    { what: 'another name', tbs: () => ({ subject: another }) },
    {
      what: 'the attributes in another order',
      tbs: () => ({
        subject: encodeName([
          ['CN', 'VPN root 2'],
          ['O', 'Contoso'],
        ]),
      }),
    },
  ],
  'cross-subject-key-identifier': [
    {
      what: 'that of the key, where the root has another',
      tbs: replacing(subjectKeyIdentifier(keyIdentifier(nextKey.bits))),
    },
    { what: 'none', tbs: removing(extensionOid.subjectKeyIdentifier) },
    { what: 'what is not DER', tbs: replacing(valued(extensionOid.subjectKeyIdentifier, '04 02 00')) },
  ],
  'cross-within-root-validity': [
    {
      what: 'a root that ends a second before',
      expected: ({ rootNotAfter }) => ({ rootNotAfter: afterSeconds(rootNotAfter, -1) }),
    },
  ],
  'cross-within-subject-validity': [
    {
      what: 'a certified root that ends a second before',
      expected: ({ subjectNotAfter }) => ({ subjectNotAfter: afterSeconds(subjectNotAfter, -1) }),
    },
  ],
  'cross-basic-constraints-path-length-1': [
    { what: 'a path length of 0', tbs: replacing(basicConstraintsCa(0)) },
    { what: 'a path length of 2', tbs: replacing(basicConstraintsCa(2)) },
    { what: 'no path length', tbs: replacing(basicConstraintsCa()) },
    { what: 'no CA', tbs: replacing(valued(extensionOid.basicConstraints, '30 03 02 01 01')) },
    { what: 'none', tbs: removing(extensionOid.basicConstraints) },
  ],
  'cross-key-usage': [
    { what: 'digitalSignature', tbs: replacing(keyUsage(['digitalSignature', 'keyCertSign'])) },
    { what: 'cRLSign', tbs: replacing(keyUsage(['keyCertSign', 'cRLSign'])) },
    { what: 'none', tbs: removing(extensionOid.keyUsage) },
  ],
  'cross-authority-key-identifier': [
    { what: 'another identifier', tbs: replacing(authorityKeyIdentifier(strangeIdentifier)) },
    { what: 'none', tbs: removing(extensionOid.authorityKeyIdentifier) },
  ],
  'cross-only-profile-extensions': [
    { what: 'extKeyUsage', tbs: adding(extKeyUsage([clientAuthOid])) },
    { what: 'nameConstraints', tbs: adding(valued('2.5.29.30', '30 00')) },
  ],
}

describe('lintCross()', () => {
  describeRules({
    rules: crossRules,
    count: 21,
    breaches,
    tbs: newWithOldTbs(old, nextKey, ownIdentifier),
    expected: crossExpectation(old, nextKey, ownIdentifier),
    lint: lintCross,
  })
})

describe.each(authorityAlgorithms.map(makeHierarchy))('crossTbs() of $algorithm', (hierarchy) => {
  const { algorithm, root, rootKey } = hierarchy
  const { publicKey } = makeKeyPair(algorithm)
  const der = encodeTbsCertificate(newWithOldTbs(hierarchy, publicKey))

  it('is as @peculiar/x509 builds it, and as the lint wants it', async () => {
    const expected = await oracleTbs({
      ...newWithOldTbs(hierarchy, publicKey),
      notAfter: root.notAfter,
      issuer: oracleName(['O', 'Contoso'], ['CN', 'VPN root 1']),
      subject: oracleName(['O', 'Contoso'], ['CN', 'VPN root 2']),
      spki: publicKey.spki,
      algorithm,
      extensions: [
        oracleExtension.authorityKeyIdentifier(keyIdentifier(rootKey.publicKey.bits)),
        oracleExtension.subjectKeyIdentifier(keyIdentifier(publicKey.bits)),
        oracleExtension.basicConstraints(1),
        oracleExtension.keyUsage(0x20),
        oracleExtension.certificatePolicies('2.5.29.32.0'),
      ],
    })
    expect(hex(der)).toBe(hex(expected))
    expect(() => lintCross(der, crossExpectation(hierarchy, publicKey))).not.toThrow()
  })
})

describe('A cross certificate, to openssl,', () => {
  const der = certify(
    encodeTbsCertificate(newWithOldTbs(old, nextKey, ownIdentifier)),
    'ES256',
    old.rootKey.privateKey,
  )
  const verify = opensslVerifier()

  it('shows exactly the profile', () => {
    expect(opensslText(der)).toBe(`Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            45:45:45:45:45:45:45:45:45:45:45:45:45:45:45:45
        Signature Algorithm: ecdsa-with-SHA256
        Issuer: CN=VPN root 1,O=Contoso
        Validity
            Not Before: Feb  3 03:05:06 2026 GMT
            Not After : Feb  2 04:05:05 2029 GMT
        Subject: CN=VPN root 2,O=Contoso
        X509v3 extensions:
            X509v3 Authority Key Identifier: 
                ${colons(keyIdentifier(old.rootKey.publicKey.bits))}
            X509v3 Subject Key Identifier: 
                ${colons(ownIdentifier)}
            X509v3 Basic Constraints: critical
                CA:TRUE, pathlen:1
            X509v3 Key Usage: critical
                Certificate Sign
            X509v3 Certificate Policies: 
                Policy: X509v3 Any Policy
`)
  })

  it('is good beneath the old root, and not beneath another of its name', () => {
    verify({ roots: [old.rootDer], certificate: der })
    const { rootDer } = makeHierarchy('ES256')
    expect(() => verify({ roots: [rootDer], certificate: der })).toThrow(/verification failed/)
  })
})
