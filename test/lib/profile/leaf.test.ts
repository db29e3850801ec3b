import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { authorityAlgorithms } from '../../../lib/keys/signer.ts'
import { leafLimits, type LeafRequest, leafTbs, leafValidity } from '../../../lib/profile/leafProfile.ts'
import { lintLeaf } from '../../../lib/profile/lintLeaf.ts'
import { keyIdentifier } from '../../../lib/x509/publicKey.ts'
import { encodeTbsCertificate, serialNumberFrom } from '../../../lib/x509/tbsCertificate.ts'
import { anyOid } from '../x509/fixtures/arbitraries.ts'
import { hex } from '../x509/fixtures/octets.ts'
import { certify, type Hierarchy, makeHierarchy, makeKeyPair } from './fixtures/hierarchy.ts'
import { expectationOf, leafRequest, leafVariants } from './fixtures/leaf.ts'
import { opensslVerifier } from './fixtures/opensslVerify.ts'
import { colons, opensslText } from './fixtures/opensslText.ts'
import { oracleLeafTbs, oracleName } from './fixtures/oracle.ts'

const hierarchies = authorityAlgorithms.map(makeHierarchy)
const [es256 = makeHierarchy('ES256')] = hierarchies
const subjectKeys = (['ES256', 'ES384', 'RS256', 'EdDSA'] as const).map((name) => makeKeyPair(name).publicKey)
const [p256 = makeKeyPair('ES256').publicKey] = subjectKeys
const issuerName = oracleName(['O', 'Contoso'], ['CN', 'VPN issuer 1'])

const tbsOf = (request: LeafRequest) => encodeTbsCertificate(leafTbs(request))
const leafOf = (hierarchy: Hierarchy, request: LeafRequest) =>
  certify(tbsOf(request), hierarchy.algorithm, hierarchy.issuerKey.privateKey)

describe('leafTbs()', () => {
  it.each(Object.entries(leafVariants))(
    'gives, for %s, what @peculiar/x509 builds: for each issuer and each subject key',
    async (_what, variant) => {
      for (const hierarchy of hierarchies) {
        for (const publicKey of subjectKeys) {
          const request = leafRequest(hierarchy, publicKey, variant)
          expect(hex(tbsOf(request))).toBe(hex(await oracleLeafTbs(request, issuerName)))
        }
      }
    },
  )

  it.each(Object.entries(leafVariants))('gives, for %s, what lintLeaf() accepts', (_what, variant) => {
    for (const hierarchy of hierarchies) {
      for (const publicKey of subjectKeys) {
        const request = leafRequest(hierarchy, publicKey, variant)
        expect(() => lintLeaf(tbsOf(request), expectationOf(request))).not.toThrow()
      }
    }
  })

  it('changes the form of its times with the year 2050, as @peculiar/x509 does', async () => {
    const validity = leafValidity(new Date('2049-12-31T23:30:00Z'), 3600, 300)
    const request = { ...leafRequest(es256, p256), validity }
    expect(validity.notAfter.toISOString()).toBe('2050-01-01T00:29:59.000Z')
    expect(hex(tbsOf(request))).toBe(hex(await oracleLeafTbs(request, issuerName)))
  })

  it('gives what @peculiar/x509 builds, whatever the names, the number and the policy', async () => {
    const name = fc.stringMatching(/^[a-z0-9'._!#^~-]{1,64}@[a-z0-9.-]{1,200}$/)
    const random = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const objectId = '0b6c2f7e-5d4a-4c1b-8e9f-1a2b3c4d5e6f'
    await fc.assert(
      fc.asyncProperty(name, name, random, anyOid, async (upn, rfc822Name, octets, policyOid) => {
        const request = {
          ...leafRequest(es256, p256, {
            profile: { policyOid },
            identity: { commonName: objectId, upn, rfc822Name },
          }),
          serialNumber: serialNumberFrom(octets),
        }
        expect(hex(tbsOf(request))).toBe(hex(await oracleLeafTbs(request, issuerName)))
        expect(() => lintLeaf(tbsOf(request), expectationOf(request))).not.toThrow()
      }),
    )
  })
})

describe('leafValidity()', () => {
  it('backdates the start and ends one second before the lifetime is over, in whole seconds', () => {
    const { notBefore, notAfter } = leafValidity(new Date('2026-02-03T04:05:06.999Z'), 3600, 300)
    expect(notBefore.toISOString()).toBe('2026-02-03T04:00:06.000Z')
    expect(notAfter.toISOString()).toBe('2026-02-03T05:05:05.000Z')
  })

  it('never gives more than the lifetime, counted inclusively', () => {
    const day = leafLimits.maxLifetimeSeconds
    const time = fc.date({
      min: new Date('2020-01-01'),
      max: new Date('2060-01-01'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(time, fc.integer({ min: 300, max: day }), fc.nat(3600), (instant, lifetime, backdate) => {
        const { notBefore, notAfter } = leafValidity(instant, lifetime, backdate)
        expect((notAfter.getTime() - notBefore.getTime()) / 1000 + 1).toBe(lifetime + backdate)
        expect(notAfter.getTime()).toBeLessThan(instant.getTime() + lifetime * 1000)
        expect(notBefore.getTime()).toBeLessThanOrEqual(instant.getTime())
        expect(notAfter.getTime() % 1000).toBe(0)
      }),
    )
  })
})

const issuerKeyIdentifier = colons(keyIdentifier(es256.issuerKey.publicKey.bits))
const subjectKeyIdentifier = colons(keyIdentifier(p256.bits))

describe('A leaf certificate, in the words of openssl', () => {
  it('shows exactly the default profile', () => {
    expect(opensslText(leafOf(es256, leafRequest(es256, p256)))).toBe(`Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            43:43:43:43:43:43:43:43:43:43:43:43:43:43:43:43
        Signature Algorithm: ecdsa-with-SHA256
        Issuer: CN=VPN issuer 1,O=Contoso
        Validity
            Not Before: Feb  3 04:00:06 2026 GMT
            Not After : Feb  3 05:05:05 2026 GMT
        Subject: CN=alice@contoso.example
        X509v3 extensions:
            X509v3 Authority Key Identifier: 
                ${issuerKeyIdentifier}
            X509v3 Subject Key Identifier: 
                ${subjectKeyIdentifier}
            X509v3 Key Usage: critical
                Digital Signature
            X509v3 Extended Key Usage: 
                TLS Web Client Authentication, 1.3.6.1.4.1.311.87
            X509v3 Subject Alternative Name: 
                othername: UPN::alice@contoso.example
            noRevAvail
`)
  })

  it('shows exactly the profile with everything a tenant can choose', () => {
    const request = leafRequest(es256, p256, leafVariants['everything at once'])
    expect(opensslText(leafOf(es256, request))).toBe(`Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            43:43:43:43:43:43:43:43:43:43:43:43:43:43:43:43
        Signature Algorithm: ecdsa-with-SHA256
        Issuer: CN=VPN issuer 1,O=Contoso
        Validity
            Not Before: Feb  3 04:00:06 2026 GMT
            Not After : Feb  3 05:05:05 2026 GMT
        Subject: CN=alice@contoso.example
        X509v3 extensions:
            X509v3 Authority Key Identifier: 
                ${issuerKeyIdentifier}
            X509v3 Subject Key Identifier: 
                ${subjectKeyIdentifier}
            X509v3 Key Usage: critical
                Digital Signature
            X509v3 Extended Key Usage: 
                TLS Web Client Authentication, 1.3.6.1.4.1.311.87
            X509v3 Subject Alternative Name: 
                othername: UPN::alice@contoso.example, email:alice@contoso.example, URI:urn:uuid:6a5e1d4b-0c3f-4a2e-9b8d-7f6e5d4c3b2a
            X509v3 Certificate Policies: 
                Policy: 1.3.6.1.4.1.99999.1.2
            1.3.6.1.4.1.311.25.2: 
                0?.=.
+.....7..../.-S-1-5-21-1004336348-1177238915-682003330-1105
            noRevAvail
`)
  })
})

describe('openssl verify -x509_strict', () => {
  const verify = opensslVerifier()
  const client = ['-purpose', 'sslclient']
  const chainOf = ({ rootDer, issuerDer }: Hierarchy) => ({ roots: [rootDer], untrusted: [issuerDer] })
  const request = leafRequest(es256, p256)
  const certificate = leafOf(es256, request)

  it.each(hierarchies)(
    'accepts, as a TLS client, each variant beneath an issuer of $algorithm',
    (hierarchy) => {
      for (const variant of Object.values(leafVariants)) {
        const leaf = leafOf(hierarchy, leafRequest(hierarchy, p256, variant))
        expect(() => verify({ ...chainOf(hierarchy), certificate: leaf, options: client })).not.toThrow()
      }
    },
  )

  it.each(subjectKeys)('accepts a leaf with a key of $shape.kind', (publicKey) => {
    const leaf = leafOf(es256, leafRequest(es256, publicKey))
    expect(() => verify({ ...chainOf(es256), certificate: leaf, options: client })).not.toThrow()
  })

  it("accepts a leaf where its tenant's policy is required, and refuses one without it", () => {
    const options = [...client, '-explicit_policy', '-policy', '2.999.127.128']
    const withPolicy = leafOf(es256, leafRequest(es256, p256, { profile: { policyOid: '2.999.127.128' } }))
    expect(() => verify({ ...chainOf(es256), certificate: withPolicy, options })).not.toThrow()
    expect(() => verify({ ...chainOf(es256), certificate, options })).toThrow(/no explicit policy/)
  })

  it('refuses a leaf under another root, even one of the same name', () => {
    const { rootDer } = makeHierarchy('ES256')
    const chain = { roots: [rootDer], untrusted: [es256.issuerDer] }
    expect(() => verify({ ...chain, certificate, options: client })).toThrow(/verification failed/)
  })

  it('refuses a leaf without its issuer', () => {
    expect(() => verify({ roots: [es256.rootDer], certificate })).toThrow(/unable to get local issuer/)
  })

  it('refuses a leaf as a TLS server', () => {
    const options = ['-purpose', 'sslserver']
    expect(() => verify({ ...chainOf(es256), certificate, options })).toThrow(
      /unsuitable certificate purpose/,
    )
  })

  it('refuses a leaf before its first second and after its last', () => {
    const { notBefore, notAfter } = request.validity
    const at = (time: Date, plusSeconds: number) => ({
      ...chainOf(es256),
      certificate,
      options: [...client, '-attime', String(time.getTime() / 1000 + plusSeconds)],
    })
    expect(() => verify(at(notBefore, -1))).toThrow(/not yet valid/)
    expect(() => verify(at(notBefore, 0))).not.toThrow()
    // RFC 5280 includes the second of notAfter; openssl does not.
    expect(() => verify(at(notAfter, -1))).not.toThrow()
    expect(() => verify(at(notAfter, 1))).toThrow(/expired/)
  })

  it('refuses what the holder of a leaf signs', () => {
    const mallory = makeKeyPair('ES256')
    const malloryRequest = leafRequest(es256, mallory.publicKey)
    const forged = { ...leafTbs(request), issuer: leafTbs(malloryRequest).subject }
    const beneath = certify(encodeTbsCertificate(forged), 'ES256', mallory.privateKey)
    const untrusted = [es256.issuerDer, leafOf(es256, malloryRequest)]
    expect(() => verify({ roots: [es256.rootDer], untrusted, certificate: beneath })).toThrow(
      /verification failed/,
    )
  })
})
