import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openGenerationKey } from '../../../../lib/authority/authorityKey.ts'
import { makeCross, makeRoot } from '../../../../lib/authority/change/certifyIssuer.ts'
import { keyName, made, nextNumber, requestedKeyName } from '../../../../lib/authority/change/nextNumber.ts'
import { lintRoot } from '../../../../lib/profile/lintRoot.ts'
import { authorityLimits } from '../../../../lib/profile/rootTbs.ts'
import { keyVaultName } from '../../../../lib/keys/keyVaultKeys.ts'
import { authorityAlgorithms } from '../../../../lib/keys/signer.ts'
import { parseCertificate } from '../../../../lib/x509/certificate.ts'
import { parsePublicKey } from '../../../../lib/x509/publicKey.ts'
import { temporaryKeys, testTime, watchedTestTables, ceremonyOf } from '../../../world.ts'
import { authorityOf, endingAt, generationOf, newTenant } from '../generations.ts'

const ceremonyWith = async (keys: Awaited<ReturnType<typeof temporaryKeys>>) =>
  ceremonyOf(await watchedTestTables(), keys)

describe('makeRoot()', () => {
  it.each(authorityAlgorithms)(
    'makes a root of %s that keeps its profile, in the state asked for',
    async (algorithm) => {
      await using keys = await temporaryKeys()
      const tenant = newTenant({ authority: { algorithm } })
      const first = { before: undefined, number: 1, state: 'active' } as const
      const { generation, root } = await makeRoot(tenant, first, await ceremonyWith(keys))
      expect(generation).toMatchObject({
        kind: 'root',
        id: 'root~0001',
        state: 'active',
        signedBy: 'root~0001',
        publishedSequence: 1,
        algorithm,
        keyReference: `local:${tenant.tenant}.root-1-${algorithm.toLowerCase()}`,
        publishedAt: testTime,
        changedAt: testTime,
      })
      expect(root.tbs).toEqual(generation.tbs)
      const expected = {
        publicKey: parsePublicKey(generation.tbs.subjectPublicKeyInfo),
        algorithm,
        issuerName: generation.tbs.subject,
        maxLifetimeMilliseconds: authorityLimits.rootLifetimeMilliseconds,
      }
      expect(() => lintRoot(parseCertificate(generation.certificate).signed, expected)).not.toThrow()
      const x509 = new X509Certificate(generation.certificate)
      expect(x509.verify(x509.publicKey)).toBe(true)
    },
  )

  it('is published by the bundle that the change makes', async () => {
    await using keys = await temporaryKeys()
    const before = authorityOf([generationOf('root~0001', 'active')])
    const next = { before, number: 2, state: 'staged' } as const
    const { generation } = await makeRoot(newTenant(), next, await ceremonyWith(keys))
    expect(generation).toMatchObject({ id: 'root~0002', state: 'staged', publishedSequence: 8 })
  })

  it('uses the key of its name when a command that crashed made it', async () => {
    await using keys = await temporaryKeys()
    const tenant = newTenant()
    const ceremony = await ceremonyWith(keys)
    const once = { before: undefined, number: 1, state: 'active' } as const
    const [a, b] = [await makeRoot(tenant, once, ceremony), await makeRoot(tenant, once, ceremony)]
    expect(a.generation.tbs.subjectPublicKeyInfo).toEqual(b.generation.tbs.subjectPublicKeyInfo)
    expect(a.generation.tbs.serialNumber).not.toEqual(b.generation.tbs.serialNumber)
  })
})

describe('makeCross()', () => {
  it("ends with whichever of the two roots ends first, and knows the subject's key", async () => {
    await using keys = await temporaryKeys()
    const ceremony = await ceremonyWith(keys)
    const tenant = newTenant()
    const old = await makeRoot(tenant, { before: undefined, number: 1, state: 'active' }, ceremony)
    const next = await makeRoot(tenant, { before: undefined, number: 2, state: 'staged' }, ceremony)
    const soon = new Date('2026-04-01T00:00:00Z')
    const oldEnds = { ...old.root, tbs: { ...old.root.tbs, notAfter: soon } }
    const cross = await makeCross(next.generation, { generation: old.generation, root: oldEnds }, ceremony)
    expect(cross).toMatchObject({ id: 'cross~0002-0001', subject: 'root~0002', signedBy: 'root~0001' })
    expect(cross.tbs.notAfter).toEqual(soon)
    const short = endingAt(next.generation, new Date('2026-03-20T00:00:00Z'))
    const shorter = await makeCross(short, old, ceremony)
    expect(shorter.tbs.notAfter).toEqual(short.tbs.notAfter)
    expect(shorter.tbs.subjectPublicKeyInfo).toEqual(next.generation.tbs.subjectPublicKeyInfo)
    expect(new X509Certificate(shorter.certificate).fingerprint256.replaceAll(':', '').toLowerCase()).toBe(
      shorter.digest,
    )
  })
})

describe('openGenerationKey()', () => {
  it('refuses a key that is not that of the certificate, and one that is offline', async () => {
    await using keys = await temporaryKeys()
    const tenant = newTenant()
    const ceremony = await ceremonyWith(keys)
    const { generation } = await makeRoot(tenant, { before: undefined, number: 1, state: 'active' }, ceremony)
    const other = await makeRoot(tenant, { before: undefined, number: 2, state: 'staged' }, ceremony)
    expect((await openGenerationKey(keys, generation)).reference).toBe(generation.keyReference)
    const { keyReference } = other.generation
    await expect(openGenerationKey(keys, { ...generation, keyReference })).toRefuse(
      'key-mismatch',
      /not the key of root~0001/,
    )
    await expect(openGenerationKey(keys, { ...generation, keyReference: 'offline:' })).toRefuse(
      'transition-refused',
      /the key of root~0001: it is offline/,
    )
  })
})

describe('nextNumber() and keyName()', () => {
  it('count each kind of its own, past what is retired or tainted', () => {
    const before = authorityOf([
      generationOf('root~0002', 'tainted'),
      generationOf('root~0007', 'retired'),
      generationOf('issuer~0003', 'active'),
    ])
    expect([nextNumber(before, 'root'), nextNumber(before, 'issuer')]).toEqual([8, 4])
    expect([nextNumber(undefined, 'root'), nextNumber(authorityOf([]), 'issuer')]).toEqual([1, 1])
  })

  it.each(authorityAlgorithms)('name a key for its tenant, kind, number and algorithm: %s', (algorithm) => {
    const tenant = newTenant({ authority: { algorithm } })
    const suffix = algorithm.toLowerCase()
    expect(keyName(tenant, 'issuer', 12)).toBe(`${tenant.tenant}.issuer-12-${suffix}`)
    const requested = requestedKeyName(tenant, 12, { id: 'root~0003' })
    expect(requested).toBe(`${tenant.tenant}.issuer-12-root-3-${suffix}`)
    expect(keyVaultName(requested)).toBe(`${tenant.tenant}--issuer-12-root-3-${suffix}`)
  })
})

describe('made()', () => {
  it('is published by the bundle of its change, and changed now', () => {
    const { kind, state, certificate, algorithm, keyReference } = generationOf('issuer~0002', 'staged')
    const parts = { kind, state, certificate, algorithm, keyReference, number: 2, signedBy: 'root~0003' }
    const { number: _, ...kept } = parts
    expect(made(newTenant(), undefined, parts, { now: testTime })).toMatchObject({
      ...kept,
      id: 'issuer~0002',
      publishedSequence: 1,
      publishedAt: testTime,
      changedAt: testTime,
      etag: '',
    })
  })
})
