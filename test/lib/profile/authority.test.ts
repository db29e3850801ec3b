import { describe, expect, it } from 'vitest'
import { authorityAlgorithms } from '../../../lib/keys/signer.ts'
import { authorityLimits, authorityValidity } from '../../../lib/profile/rootTbs.ts'
import { lintIssuer, lintRoot } from '../../../lib/profile/lintRoot.ts'
import { keyIdentifier } from '../../../lib/x509/publicKey.ts'
import { encodeTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { hex } from '../x509/fixtures/octets.ts'
import { issuerExpectation, rootExpectation } from './fixtures/authority.ts'
import { makeHierarchy, now } from './fixtures/hierarchy.ts'
import { colons, opensslText } from './fixtures/opensslText.ts'
import { opensslVerifier } from './fixtures/opensslVerify.ts'
import { oracleExtension, oracleName, oracleTbs } from './fixtures/oracle.ts'
import { defaultMarkerOid } from './fixtures/markerOid.ts'

const hierarchies = authorityAlgorithms.map(makeHierarchy)
const [es256 = makeHierarchy('ES256')] = hierarchies

const rootName = oracleName(['O', 'Contoso'], ['CN', 'VPN root 1'])
const issuerName = oracleName(['O', 'Contoso'], ['CN', 'VPN issuer 1'])
const digitalSignatureAndKeyCertSign = 0x21
const keyCertSign = 0x20

describe.each(hierarchies)(
  'An authority of $algorithm',
  ({ algorithm, root, rootKey, issuer, issuerKey }) => {
    const rootKeyIdentifier = keyIdentifier(rootKey.publicKey.bits)

    it('has a root as @peculiar/x509 builds it, and as the lint wants it', async () => {
      const der = encodeTbsCertificate(root)
      const expected = await oracleTbs({
        ...root,
        issuer: rootName,
        subject: rootName,
        spki: rootKey.publicKey.spki,
        algorithm,
        extensions: [
          oracleExtension.subjectKeyIdentifier(rootKeyIdentifier),
          oracleExtension.basicConstraints(),
          oracleExtension.keyUsage(digitalSignatureAndKeyCertSign),
          oracleExtension.certificatePolicies('2.5.29.32.0'),
        ],
      })
      expect(hex(der)).toBe(hex(expected))
      expect(() => lintRoot(der, rootExpectation({ algorithm, root, rootKey }))).not.toThrow()
    })

    it('has an issuer as @peculiar/x509 builds it, and as the lint wants it', async () => {
      const der = encodeTbsCertificate(issuer)
      const expected = await oracleTbs({
        ...issuer,
        issuer: rootName,
        subject: issuerName,
        spki: issuerKey.publicKey.spki,
        algorithm,
        extensions: [
          oracleExtension.authorityKeyIdentifier(rootKeyIdentifier),
          oracleExtension.subjectKeyIdentifier(keyIdentifier(issuerKey.publicKey.bits)),
          oracleExtension.basicConstraints(0),
          oracleExtension.keyUsage(keyCertSign),
          oracleExtension.extKeyUsage('1.3.6.1.5.5.7.3.2', defaultMarkerOid),
          oracleExtension.certificatePolicies('2.5.29.32.0'),
        ],
      })
      expect(hex(der)).toBe(hex(expected))
      expect(() => lintIssuer(der, issuerExpectation({ algorithm, root, rootKey, issuerKey }))).not.toThrow()
    })
  },
)

describe('authorityValidity()', () => {
  const lifetime = authorityLimits.issuerLifetimeMilliseconds

  it('starts an hour ago and ends one second before the lifetime is over, in whole seconds', () => {
    const { notBefore, notAfter } = authorityValidity(now, lifetime)
    expect(notBefore.toISOString()).toBe('2026-02-03T03:05:06.000Z')
    expect(notAfter.toISOString()).toBe('2026-05-04T04:05:05.000Z')
  })

  it('ends no later than it is told', () => {
    const earlier = new Date('2026-03-01T00:00:00Z')
    const later = new Date('2027-03-01T00:00:00Z')
    expect(authorityValidity(now, lifetime, earlier).notAfter).toEqual(earlier)
    expect(authorityValidity(now, lifetime, later)).toEqual(authorityValidity(now, lifetime))
  })
})

describe('The certificates of an authority, in the words of openssl', () => {
  const rootKeyIdentifier = colons(keyIdentifier(es256.rootKey.publicKey.bits))
  const issuerKeyIdentifier = colons(keyIdentifier(es256.issuerKey.publicKey.bits))

  it('show exactly the profile of a root', () => {
    expect(opensslText(es256.rootDer)).toBe(`Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            41:41:41:41:41:41:41:41:41:41:41:41:41:41:41:41
        Signature Algorithm: ecdsa-with-SHA256
        Issuer: CN=VPN root 1,O=Contoso
        Validity
            Not Before: Feb  3 03:05:06 2026 GMT
            Not After : Feb  2 04:05:05 2029 GMT
        Subject: CN=VPN root 1,O=Contoso
        X509v3 extensions:
            X509v3 Subject Key Identifier: 
                ${rootKeyIdentifier}
            X509v3 Basic Constraints: critical
                CA:TRUE
            X509v3 Key Usage: critical
                Digital Signature, Certificate Sign
            X509v3 Certificate Policies: 
                Policy: X509v3 Any Policy
`)
  })

  it('show exactly the profile of an issuer', () => {
    expect(opensslText(es256.issuerDer)).toBe(`Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            42:42:42:42:42:42:42:42:42:42:42:42:42:42:42:42
        Signature Algorithm: ecdsa-with-SHA256
        Issuer: CN=VPN root 1,O=Contoso
        Validity
            Not Before: Feb  3 03:05:06 2026 GMT
            Not After : May  4 04:05:05 2026 GMT
        Subject: CN=VPN issuer 1,O=Contoso
        X509v3 extensions:
            X509v3 Authority Key Identifier: 
                ${rootKeyIdentifier}
            X509v3 Subject Key Identifier: 
                ${issuerKeyIdentifier}
            X509v3 Basic Constraints: critical
                CA:TRUE, pathlen:0
            X509v3 Key Usage: critical
                Certificate Sign
            X509v3 Extended Key Usage: 
                TLS Web Client Authentication, 1.3.6.1.4.1.311.87
            X509v3 Certificate Policies: 
                Policy: X509v3 Any Policy
`)
  })
})

describe('openssl verify -x509_strict', () => {
  const verify = opensslVerifier()

  it.each(hierarchies)('accepts the root and the issuer of $algorithm', ({ rootDer, issuerDer }) => {
    expect(() => verify({ roots: [rootDer], certificate: rootDer })).not.toThrow()
    expect(() => verify({ roots: [rootDer], certificate: issuerDer })).not.toThrow()
  })

  it('refuses an issuer in the place of a TLS client: its key signs certificates only', () => {
    const { rootDer, issuerDer } = es256
    const options = ['-purpose', 'sslclient']
    expect(() => verify({ roots: [rootDer], certificate: issuerDer, options })).toThrow(
      /unsuitable certificate purpose/,
    )
  })

  it('refuses an issuer under another root of the same name', () => {
    const { rootDer } = makeHierarchy('ES256')
    expect(() => verify({ roots: [rootDer], certificate: es256.issuerDer })).toThrow(/verification failed/)
  })
})
