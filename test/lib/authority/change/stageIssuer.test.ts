import { randomUUID, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { issuerCsr, requestKey } from '../../../../lib/authority/change/requestKey.ts'
import {
  type IssuerStaging,
  issuingRoot,
  stageIssuer,
  waitingIssuer,
} from '../../../../lib/authority/change/stageIssuer.ts'
import { authorityAlgorithms } from '../../../../lib/keys/signer.ts'
import { issuerExtensions } from '../../../../lib/profile/rootTbs.ts'
import { parseCertificate } from '../../../../lib/x509/certificate.ts'
import { encodeCsr, encodeCsrInfo } from '../../../../lib/x509/encodeCsr.ts'
import { encodeName } from '../../../../lib/x509/encodeName.ts'
import type { Members } from '../../../tenants.ts'
import { testTime } from '../../../world.ts'
import { opensslVerifier } from '../../profile/fixtures/opensslVerify.ts'
import { authorityOf, daysAway, endingAt, generationIn, generationOf, newTenant } from '../generations.ts'
import { makeAuthority, type MadeAuthority } from '../madeAuthority.ts'
import { offlineAuthority, type OfflineAuthority, offlineRoot } from './offlineRoot.ts'

const verify = opensslVerifier()

const stage = async (made: MadeAuthority, rootId = 'root~0001', now = testTime) => {
  const before = await made.read()
  const staging = { before, root: generationIn(before, rootId) }
  return { before, ...(await stageIssuer(made.tenant, staging, made.ceremony(now))) }
}

describe('stageIssuer()', () => {
  it.each(authorityAlgorithms)(
    'makes an issuer of %s beneath the root, published and signing nothing',
    async (algorithm) => {
      await using made = await makeAuthority({ authority: { algorithm } })
      const staged = await stage(made)
      expect(staged.generation).toMatchObject({
        kind: 'issuer',
        id: 'issuer~0002',
        state: 'staged',
        signedBy: 'root~0001',
        algorithm,
        keyReference: `local:${made.tenant.tenant}.issuer-2-${algorithm.toLowerCase()}`,
        publishedSequence: 2,
        publishedAt: testTime,
        changedAt: testTime,
      })
      expect(staged.change).toMatchObject({
        action: 'stage-issuer',
        changes: ['issuer~0002 staged'],
        forced: [],
      })
      const after = await made.apply(staged)
      expect(after.issuers.map(({ generation }) => generation.id)).toEqual(['issuer~0001'])
      const root = new X509Certificate(generationIn(after, 'root~0001').certificate)
      expect(new X509Certificate(staged.generation.certificate).verify(root.publicKey)).toBe(true)
    },
  )

  it('beneath the standby root as well, which may sign issuers', async () => {
    await using made = await makeAuthority()
    expect((await stage(made, 'root~0002')).generation.signedBy).toBe('root~0002')
  })

  it('ends no later than its root', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const { notAfter } = generationIn(before, 'root~0001').tbs
    const { generation } = await stage(made, 'root~0001', new Date(notAfter.getTime() - 86_400_000))
    expect(generation.tbs.notAfter).toEqual(notAfter)
  })

  it('reuses the issuer that is staged beneath the root, and signs nothing', async () => {
    await using made = await makeAuthority()
    await made.apply(await stage(made))
    made.keys.signatures = 0
    const again = await stage(made, 'root~0001', daysAway(1))
    expect([again.generation.id, again.change]).toEqual(['issuer~0002', undefined])
    expect(made.keys.signatures).toBe(0)
    expect((await stage(made, 'root~0002')).generation.id).toBe('issuer~0003')
  })

  it('uses the key that a command which crashed made', async () => {
    await using made = await makeAuthority()
    const [one, two] = [await stage(made), await stage(made)]
    expect(one.generation.tbs.subjectPublicKeyInfo).toEqual(two.generation.tbs.subjectPublicKeyInfo)
    expect(one.generation.digest).not.toBe(two.generation.digest)
  })

  it('makes a key of its own although one of the same number was made for another algorithm', async () => {
    await using made = await makeAuthority()
    await stage(made)
    const { tenant } = made
    const authority = { ...tenant.configuration.authority, algorithm: 'RS256' as const }
    const changed = { ...made, tenant: { ...tenant, configuration: { ...tenant.configuration, authority } } }
    expect((await stage(changed)).generation).toMatchObject({ id: 'issuer~0002', algorithm: 'RS256' })
  })

  it('refuses a root whose key is offline, unless its certificate is given, before it makes a key', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const root = { ...generationIn(before, 'root~0001'), keyReference: 'offline:' }
    const create = () => Promise.reject(new Error('No key is made.'))
    const ceremony = { ...made.ceremony(), issuerKeys: { ...made.keys, create } }
    const staged = stageIssuer(made.tenant, { before, root }, ceremony)
    await expect(staged).toRefuse('transition-refused', /root~0001: it is offline. Run --csr-out/)
  })

  it('refuses a root key that is not that of its certificate, or that lies', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const { keyReference } = generationIn(before, 'root~0002')
    const root = { ...generationIn(before, 'root~0001'), keyReference }
    await expect(stageIssuer(made.tenant, { before, root }, made.ceremony())).toRefuse('key-mismatch')
    made.keys.signInstead = (signer, _, id) => signer.probe(id)
    await expect(stage(made)).toRefuse('signature-unverified')
  })
})

describe('waitingIssuer()', () => {
  const staged = generationOf('issuer~0002', 'staged')
  const root = generationOf('root~0001', 'active')
  const before = authorityOf([root, generationOf('issuer~0001', 'active'), staged])
  const unused = () => Promise.reject(new Error('No key is opened.'))
  const holding = (holds: boolean, now = testTime) => ({
    issuerKeys: { holds: () => holds, create: unused, open: unused },
    now,
  })
  const waiting = (staging: Partial<IssuerStaging> = {}, ceremony = holding(true), tenant = newTenant()) =>
    waitingIssuer(tenant, { before, root, ...staging }, ceremony)

  it('is staged, beneath this root, with its key in the place where keys are made', () => {
    expect(waiting()).toBe(staged)
    expect(waiting({}, holding(false))).toBeUndefined()
    expect(waiting({ root: generationOf('root~0002', 'staged') })).toBeUndefined()
    expect(waiting({ before: authorityOf([root, generationOf('issuer~0001', 'active')]) })).toBeUndefined()
  })

  it('has at least half of its life left', () => {
    const { notBefore, notAfter } = staged.tbs
    const half = new Date((notBefore.getTime() + notAfter.getTime()) / 2)
    expect(waiting({}, holding(true, half))).toBe(staged)
    expect(waiting({}, holding(true, new Date(half.getTime() + 1)))).toBeUndefined()
  })

  it('has the algorithm and the marker that the tenant has now', () => {
    const other = (changes: Members) => waiting({}, holding(true), newTenant(changes))
    expect(other({ authority: { algorithm: 'ES384' } })).toBeUndefined()
    expect(other({ certificate: { markerOid: '1.3.6.1.4.1.99999.87' } })).toBeUndefined()
    expect(other({ authority: { algorithm: 'ES256' } })).toBe(staged)
  })

  it('is the one of the certificate, where one is given, whatever it is', () => {
    const { certificate, tbs } = staged
    expect(waiting({ certificate }, holding(false, tbs.notAfter))).toBe(staged)
    expect(waiting({ certificate: Buffer.from('x') })).toBeUndefined()
  })
})

describe('issuingRoot()', () => {
  const roots = (['active', 'staged', 'retiring', 'retired', 'tainted'] as const).map((state, index) =>
    generationOf(`root~000${index + 1}`, state),
  )
  const authority = authorityOf([generationOf('issuer~0001', 'active'), ...roots])

  it('is the active root, or the one that is named, active or staged', () => {
    const [active, staged] = roots
    expect(issuingRoot(authority, undefined, testTime)).toBe(active)
    expect(issuingRoot(authority, active, testTime)).toBe(active)
    expect(issuingRoot(authority, staged, testTime)).toBe(staged)
  })

  it('is no root that has ended, named or not, to the second', () => {
    for (const state of ['active', 'staged'] as const) {
      const root = endingAt(generationOf('root~0001', state), daysAway(1))
      const of = authorityOf([root])
      const named = state === 'staged' ? root : undefined
      expect(issuingRoot(of, named, new Date(daysAway(1).getTime() - 1))).toBe(root)
      expect(() => issuingRoot(of, named, daysAway(1))).toRefuse(
        'transition-refused',
        /its root root~0001 ended at 2026-03-03T10:00:00Z/,
      )
    }
  })

  it('is no root that signs nothing, and no issuer', () => {
    for (const root of roots.slice(2))
      expect(() => issuingRoot(authority, root, testTime)).toRefuse(
        'transition-refused',
        new RegExp(`${root.id} is ${root.state}`),
      )
    const [issuer] = authority.generations
    expect(() => issuingRoot(authority, issuer, testTime)).toRefuse(
      'transition-refused',
      /issuer~0001 is active/,
    )
    expect(() => issuingRoot(authorityOf(roots.slice(1)), undefined, testTime)).toRefuse(
      'transition-refused',
      /no root is active. Name one/,
    )
  })
})

/** Takes in the certificate that an offline root made, in the first second of its validity. */
const takeIn = (
  { made, before, root }: OfflineAuthority,
  certificate: Uint8Array,
  now = parseCertificate(certificate).tbs.notBefore,
) => stageIssuer(made.tenant, { before, root, certificate }, made.ceremony(now))

/** The certificate that the offline root makes when it is asked for another name. */
const signedAs = async (
  { made, offline, key }: OfflineAuthority,
  subject: Uint8Array,
): Promise<Uint8Array> => {
  const { publicKey, signer } = key
  const info = encodeCsrInfo({
    subject,
    subjectPublicKeyInfo: publicKey.spki,
    extensions: issuerExtensions(publicKey, made.tenant.configuration.certificate.markerOid),
  })
  return offline.sign(encodeCsr(info, signer.algorithm, await made.keys.forge(key.reference, info)))
}

describe('stageIssuer() of a certificate that an offline root made', () => {
  it.each([
    ['P-256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'sha256'],
    ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'sha384'],
    ['RSA', ['rsa:2048'], 'sha256'],
  ])('takes in what the commands of docs/operations.md make with a key of %s', async (_, key, digest) => {
    await using authority = await offlineAuthority({ key, digest })
    const { made, offline, csr, before } = authority
    const options = ['-days', '90', '-copy_extensions', 'copyall', `-${digest}`]
    const certificate = await offline.sign(csr, { options })
    const staged = await takeIn(authority, certificate)
    expect(staged.generation).toMatchObject({
      id: 'issuer~0002',
      state: 'staged',
      signedBy: 'root~0003',
      algorithm: 'ES256',
      keyReference: `local:${made.tenant.tenant}.issuer-2-root-3-es256`,
      certificate,
    })
    const after = await made.apply({ before, ...staged })
    const again = await takeIn({ ...authority, before: after }, certificate)
    expect([again.generation.id, again.change]).toEqual(['issuer~0002', undefined])
  })

  it('verifies beneath its root, and beneath an older root by NewWithOld, for openssl', async () => {
    await using authority = await offlineAuthority()
    const { before, offline, csr } = authority
    const certificate = await offline.sign(csr)
    const { notBefore } = parseCertificate(certificate).tbs
    const options = ['-attime', String(notBefore.getTime() / 1000)]
    verify({ roots: [offline.certificate], certificate, options })
    const old = generationIn(before, 'root~0001').certificate
    const cross = before.crossCertificates.find(({ id }) => id === 'cross~0003-0001')
    verify({ roots: [old], untrusted: cross ? [cross.certificate] : [], certificate, options })
  })

  it.each<[string, RegExp, Parameters<OfflineAuthority['offline']['sign']>[1]]>([
    ['91 days', /authority-lifetime/, { options: ['-days', '91', '-copy_extensions', 'copyall'] }],
    ['no extensions', /issuer-basic-constraints/, { options: ['-days', '90'] }],
    [
      'no authorityKeyIdentifier',
      /issuer-authority-key-identifier/,
      { extensions: 'authorityKeyIdentifier = none\n' },
    ],
    [
      'one extension more',
      /issuer-only-profile-extensions/,
      { extensions: 'authorityKeyIdentifier = keyid:always\nsubjectAltName = email:x@contoso.example\n' },
    ],
    [
      'another purpose',
      /issuer-ext-key-usage-constrained/,
      {
        options: ['-days', '90'],
        extensions: [
          'authorityKeyIdentifier = keyid:always',
          'subjectKeyIdentifier = hash',
          'basicConstraints = critical,CA:TRUE,pathlen:0',
          'keyUsage = critical,keyCertSign',
          'extendedKeyUsage = clientAuth,serverAuth',
          'certificatePolicies = 2.5.29.32.0\n',
        ].join('\n'),
      },
    ],
  ])('refuses %s', async (_, detail, changes) => {
    await using authority = await offlineAuthority()
    const certificate = await authority.offline.sign(authority.csr, changes)
    await expect(takeIn(authority, certificate)).toRefuse('certificate-refused', detail)
  })

  it('refuses one for a key that was not requested beneath the root, and one for a key that was used', async () => {
    await using authority = await offlineAuthority()
    await using other = await offlineAuthority()
    const certificate = await authority.offline.sign(other.csr)
    await expect(takeIn(authority, certificate)).toRefuse(
      'certificate-refused',
      /not one that Mayfly requested beneath root~0003; run --csr-out/,
    )
    const good = await authority.offline.sign(authority.csr)
    const after = await authority.made.apply({ before: authority.before, ...(await takeIn(authority, good)) })
    const generations = after.generations.map((one) =>
      one.id === 'issuer~0002' ? { ...one, state: 'tainted' as const } : one,
    )
    const known = { ...authority, before: { ...after, generations } }
    await expect(takeIn(known, good)).toRefuse('certificate-refused', /another generation has its name/)
    const renamed = await signedAs(authority, encodeName([['CN', 'Another name']]))
    await expect(takeIn(known, renamed)).toRefuse(
      'certificate-refused',
      /its key is that of issuer~0002, which is tainted/,
    )
  })

  it('takes one whose number another issuer has by now, and neither shares the key', async () => {
    await using authority = await offlineAuthority()
    const { made, offline, csr, key } = authority
    const ordinary = await stage(made)
    expect(ordinary.generation).toMatchObject({ id: 'issuer~0002', signedBy: 'root~0001' })
    expect(ordinary.generation.tbs.subjectPublicKeyInfo).not.toEqual(key.publicKey.spki)
    const after = await made.apply(ordinary)
    const { generation } = await takeIn({ ...authority, before: after }, await offline.sign(csr))
    expect(generation).toMatchObject({
      id: 'issuer~0003',
      signedBy: 'root~0003',
      keyReference: key.reference,
    })
  })

  it('refuses one whose key is not what was requested any more', async () => {
    await using authority = await offlineAuthority()
    const { made, before, root, offline, csr } = authority
    const certificate = await offline.sign(csr)
    const { keyReference } = generationIn(before, 'issuer~0001')
    const issuerKeys = { ...made.keys, open: () => made.keys.open(keyReference) }
    const ceremony = { ...made.ceremony(), issuerKeys }
    const taken = stageIssuer(made.tenant, { before, root, certificate }, ceremony)
    await expect(taken).toRefuse('certificate-refused', /subject-public-key-unchanged/)
  })

  it('refuses one of another root, even of one with the same name', async () => {
    await using authority = await offlineAuthority()
    const namesake = await offlineRoot()
    const forged = await namesake.sign(authority.csr)
    await expect(takeIn(authority, forged)).toRefuse('certificate-refused', /issuer-authority-key-identifier/)
    const { made, before } = authority
    const root = generationIn(before, 'root~0001')
    const certificate = await authority.offline.sign(authority.csr)
    const beneath = stageIssuer(made.tenant, { before, root, certificate }, made.ceremony())
    await expect(beneath).toRefuse('certificate-refused', /requested beneath root~0001/)
    const requested = await requestKey(made.tenant, { before, root }, made.ceremony())
    const theirs = await authority.offline.sign(await issuerCsr(made.tenant, requested, randomUUID()))
    const mixed = stageIssuer(made.tenant, { before, root, certificate: theirs }, made.ceremony())
    await expect(mixed).toRefuse('certificate-refused', /issuer-name-byte-equal/)
  })

  it('refuses one whose signature is of another key', async () => {
    await using authority = await offlineAuthority()
    const certificate = Uint8Array.from(await authority.offline.sign(authority.csr))
    const end = certificate.length - 1
    certificate[end] = (certificate[end] ?? 0) ^ 1
    await expect(takeIn(authority, certificate)).toRefuse('certificate-refused', /root~0003 did not sign/)
  })

  it('refuses one that has ended, or has not begun', async () => {
    await using authority = await offlineAuthority()
    const certificate = await authority.offline.sign(authority.csr)
    const { notBefore, notAfter } = parseCertificate(certificate).tbs
    for (const now of [new Date(notBefore.getTime() - 1), notAfter])
      await expect(takeIn(authority, certificate, now)).toRefuse('certificate-refused', /not valid now/)
    await expect(takeIn(authority, certificate, new Date(notAfter.getTime() - 1))).resolves.toBeDefined()
  })

  it('refuses one that has the name of its root or of another generation, or none', async () => {
    await using authority = await offlineAuthority()
    const { root, before } = authority
    const refusals: readonly (readonly [name: Uint8Array, why: RegExp])[] = [
      [root.tbs.subject, /issuer-not-self-issued/],
      [generationIn(before, 'root~0001').tbs.subject, /another generation has its name/],
      [generationIn(before, 'issuer~0001').tbs.subject, /another generation has its name/],
      [encodeName([]), /imported-subject-named/],
    ]
    for (const [name, why] of refusals)
      await expect(takeIn(authority, await signedAs(authority, name))).toRefuse('certificate-refused', why)
  })

  it('takes one whose name is of another form than those that Mayfly gives', async () => {
    await using authority = await offlineAuthority()
    const certificate = await signedAs(authority, encodeName([['CN', 'Contoso VPN issuing CA']]))
    await expect(takeIn(authority, certificate)).resolves.toBeDefined()
  })

  it('refuses what is no certificate', async () => {
    await using authority = await offlineAuthority()
    const garbage = Buffer.from('no certificate')
    await expect(takeIn(authority, garbage, testTime)).toRefuse('certificate-malformed')
  })
})
