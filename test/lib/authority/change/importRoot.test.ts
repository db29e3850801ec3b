import { beforeAll, describe, expect, it } from 'vitest'
import type { Authority } from '../../../../lib/authority/authority.ts'
import { importRoot } from '../../../../lib/authority/change/stageRoot.ts'
import { parseCertificate } from '../../../../lib/x509/certificate.ts'
import { encodeBitString, encodeSequence } from '../../../../lib/x509/encodeElement.ts'
import { signatureAlgorithms } from '../../../../lib/x509/signatureAlgorithm.ts'
import { makeAuthority, type MadeAuthority } from '../madeAuthority.ts'
import { type OfflineRoot, type OfflineRootChanges, offlineRoot, rootExtensions } from './offlineRoot.ts'

let made: MadeAuthority
let before: Authority

beforeAll(async () => {
  made = await makeAuthority()
  before = await made.read()
  return () => made[Symbol.asyncDispose]()
})

const importing = (der: Uint8Array, now: Date) => importRoot(made.tenant, { der, before }, made.ceremony(now))

/** Imports in the first second of the root's validity. */
const importNow = ({ certificate, from }: OfflineRoot) => importing(certificate, from)

const without = (name: string) => rootExtensions.filter((extension) => !extension.startsWith(name))

describe('importRoot() takes in', () => {
  it('the root that docs/operations.md makes, staged, its key offline', async () => {
    const root = await offlineRoot()
    expect(importNow(root)).toMatchObject({
      tenant: made.tenant.tenant,
      kind: 'root',
      id: 'root~0003',
      state: 'staged',
      signedBy: 'root~0003',
      keyReference: 'offline:',
      algorithm: 'ES256',
      publishedSequence: 2,
      publishedAt: root.from,
      changedAt: root.from,
      certificate: root.certificate,
      etag: '',
    })
  })

  it.each<[string, OfflineRootChanges]>([
    ['ES384', { key: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], digest: 'sha384' }],
    ['RS256', { key: ['rsa:2048'] }],
    ['ES256', { extensions: ['subjectAltName=email:pki@contoso.example', ...rootExtensions] }],
    ['ES256', { extensions: ['authorityKeyIdentifier=keyid:always', ...without('authorityKeyIdentifier')] }],
    ['ES256', { extensions: ['keyUsage=critical,keyCertSign,cRLSign', ...without('keyUsage')] }],
  ])('one of %s: %j', async (algorithm, changes) => {
    expect(importNow(await offlineRoot(changes)).algorithm).toBe(algorithm)
  })

  it('one that lives 20 years', async () => {
    expect(importNow(await offlineRoot({ days: 20 * 365 })).state).toBe('staged')
  })
})

describe('importRoot() refuses', () => {
  it.each<[string, RegExp, OfflineRootChanges]>([
    ['21 years', /imported-root-lifetime/, { days: 21 * 366 }],
    [
      'a path length',
      /path-length/,
      { extensions: ['basicConstraints=critical,CA:TRUE,pathlen:1', ...without('basicConstraints')] },
    ],
    [
      'no CA',
      /basic-constraints/,
      { extensions: ['basicConstraints=critical,CA:FALSE', ...without('basicConstraints')] },
    ],
    [
      'no keyCertSign',
      /imported-root-key-usage/,
      { extensions: ['keyUsage=critical,digitalSignature', ...without('keyUsage')] },
    ],
    ['no policy', /imported-root-any-policy/, { extensions: without('certificatePolicies') }],
    [
      'another policy',
      /imported-root-any-policy/,
      { extensions: ['certificatePolicies=2.999.1', ...without('certificatePolicies')] },
    ],
    [
      'no key identifier',
      /imported-root-subject-key-identifier/,
      { extensions: ['subjectKeyIdentifier=none', ...rootExtensions] },
    ],
    [
      'a purpose',
      /imported-root-unconstrained/,
      { extensions: ['extendedKeyUsage=serverAuth', ...rootExtensions] },
    ],
    [
      'a name constraint',
      /imported-root-unconstrained/,
      { extensions: ['nameConstraints=critical,permitted;email:.example', ...rootExtensions] },
    ],
    [
      'inhibitAnyPolicy',
      /imported-root-unconstrained/,
      { extensions: ['inhibitAnyPolicy=critical,0', ...rootExtensions] },
    ],
    [
      'a critical extension that no program knows',
      /imported-root-criticality/,
      { extensions: ['2.999.1=critical,DER:05:00', ...rootExtensions] },
    ],
    ['no name', /imported-subject-named/, { subject: '/' }],
  ])('%s', async (_, detail, changes) => {
    const root = await offlineRoot(changes)
    expect(() => importNow(root)).toRefuse('certificate-refused', detail)
  })

  it('one that is not valid yet, or not any more', async () => {
    const root = await offlineRoot({ days: 1 })
    const { notAfter } = parseCertificate(root.certificate).tbs
    expect(() => importing(root.certificate, new Date(root.from.getTime() - 1))).toRefuse(
      'certificate-refused',
      /imported-root-valid-now/,
    )
    expect(() => importing(root.certificate, notAfter)).toRefuse(
      'certificate-refused',
      /imported-root-valid-now/,
    )
  })

  it.each<[string, OfflineRootChanges]>([
    ['a curve that servers do not take', { key: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'] }],
    ['a short modulus', { key: ['rsa:1024'] }],
    ['another exponent', { key: ['rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'] }],
  ])('a key of %s, as a certificate and not as a request', async (_, changes) => {
    const root = await offlineRoot(changes)
    expect(() => importNow(root)).toRefuse('certificate-refused', /Cannot accept the key/)
  })

  it.each<[string, RegExp, OfflineRootChanges]>([
    ['sha384 with RSA', /signed with RS384/, { key: ['rsa:2048'], digest: 'sha384' }],
    ['Ed25519', /signed with EdDSA/, { key: ['ed25519'] }],
  ])('a signature of %s, which no issuer beneath it could have', async (_, detail, changes) => {
    const root = await offlineRoot(changes)
    expect(() => importNow(root)).toRefuse('certificate-refused', detail)
  })

  it('a signature of another key, or none', async () => {
    const [root, other] = [await offlineRoot(), await offlineRoot()]
    const { signed } = parseCertificate(root.certificate)
    const { signature } = parseCertificate(other.certificate)
    const { identifier } = signatureAlgorithms.ES256
    for (const octets of [signature, new Uint8Array(), Buffer.from('garbage')]) {
      const forged = encodeSequence(signed, identifier, encodeBitString(octets))
      expect(() => importing(forged, root.from)).toRefuse(
        'certificate-refused',
        /its signature does not verify/,
      )
    }
  })

  it('the name of another generation, be it of the same root or of another key', async () => {
    const root = await offlineRoot()
    const known = { ...before, generations: [...before.generations, importNow(root)] }
    for (const { certificate, from } of [root, await offlineRoot()]) {
      const again = () => importRoot(made.tenant, { der: certificate, before: known }, made.ceremony(from))
      expect(again).toRefuse('certificate-refused', /another generation has its name/)
    }
  })

  it('the key of another generation under another name: one that is tainted never returns', async () => {
    const root = await offlineRoot()
    const tainted = {
      ...importNow(root),
      state: 'tainted' as const,
      tbs: { ...importNow(root).tbs, subject: Buffer.of() },
    }
    const known = { ...before, generations: [...before.generations, tainted] }
    const again = () =>
      importRoot(made.tenant, { der: root.certificate, before: known }, made.ceremony(root.from))
    expect(again).toRefuse('certificate-refused', /its key is that of root~0003, which is tainted/)
  })

  it('what is no certificate', () => {
    for (const der of [new Uint8Array(), Buffer.from('-----BEGIN CERTIFICATE-----'), Uint8Array.of(0x30, 0)])
      expect(() => importing(der, new Date())).toRefuse('certificate-malformed')
  })
})
