import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readAuthority } from '../../../../lib/authority/authority.ts'
import type { Generation } from '../../../../lib/authority/generation.ts'
import { initAuthority } from '../../../../lib/authority/change/initAuthority.ts'
import { authorityLimits } from '../../../../lib/profile/rootTbs.ts'
import { lintIssuer, lintRoot } from '../../../../lib/profile/lintRoot.ts'
import { parseTenantId } from '../../../../lib/tenant/tenantId.ts'
import { parseCertificate } from '../../../../lib/x509/certificate.ts'
import { decodeName } from '../../../../lib/x509/encodeName.ts'
import { keyIdentifier, parsePublicKey } from '../../../../lib/x509/publicKey.ts'
import { ceremonyOf, temporaryKeys, testTime, watchedTestTables } from '../../../world.ts'
import { generationIn, newTenant } from '../generations.ts'

const pairOf = (generations: readonly Generation[]) => ({
  root: generationIn({ generations }, 'root~0001'),
  standby: generationIn({ generations }, 'root~0002'),
  issuer: generationIn({ generations }, 'issuer~0001'),
})

describe('initAuthority()', () => {
  it.each(['ES256', 'ES384', 'RS256'] as const)(
    'makes a root and an issuer of %s that keep their profiles',
    async (algorithm) => {
      await using keys = await temporaryKeys()
      const tenant = newTenant({ authority: { algorithm } })
      const { authority, created } = await initAuthority(tenant, ceremonyOf(await watchedTestTables(), keys))
      expect(created).toBe(true)
      const { root, issuer } = pairOf(authority.generations)
      const rootKey = parsePublicKey(root.tbs.subjectPublicKeyInfo)
      const common = { algorithm, issuerName: root.tbs.subject }
      const { rootLifetimeMilliseconds, issuerLifetimeMilliseconds } = authorityLimits
      const expectedRoot = {
        ...common,
        publicKey: rootKey,
        maxLifetimeMilliseconds: rootLifetimeMilliseconds,
      }
      expect(() => lintRoot(parseCertificate(root.certificate).signed, expectedRoot)).not.toThrow()
      const expectedIssuer = {
        ...common,
        publicKey: parsePublicKey(issuer.tbs.subjectPublicKeyInfo),
        maxLifetimeMilliseconds: issuerLifetimeMilliseconds,
        rootKeyIdentifier: keyIdentifier(rootKey.bits),
        rootKeyInfo: rootKey.spki,
        rootNotAfter: root.tbs.notAfter,
        markerOid: tenant.configuration.certificate.markerOid,
      }
      expect(() => lintIssuer(parseCertificate(issuer.certificate).signed, expectedIssuer)).not.toThrow()
    },
  )

  it('makes a chain that another program verifies', async () => {
    await using keys = await temporaryKeys()
    const { authority } = await initAuthority(newTenant(), ceremonyOf(await watchedTestTables(), keys))
    const { root, issuer } = pairOf(authority.generations)
    const [rootX509, issuerX509] = [root, issuer].map(({ certificate }) => new X509Certificate(certificate))
    expect(rootX509?.ca && rootX509.verify(rootX509.publicKey)).toBe(true)
    expect(
      issuerX509?.ca && rootX509 && issuerX509.checkIssued(rootX509) && issuerX509.verify(rootX509.publicKey),
    ).toBe(true)
  })

  it('makes root and issuer active, backdated by an hour, and tells how to open their keys', async () => {
    await using keys = await temporaryKeys()
    const tenant = newTenant()
    const { authority } = await initAuthority(tenant, ceremonyOf(await watchedTestTables(), keys))
    const { root, issuer } = pairOf(authority.generations)
    expect(root).toMatchObject({
      state: 'active',
      kind: 'root',
      signedBy: 'root~0001',
      keyReference: `local:${tenant.tenant}.root-1-es256`,
    })
    expect(issuer).toMatchObject({
      state: 'active',
      kind: 'issuer',
      signedBy: 'root~0001',
      keyReference: `local:${tenant.tenant}.issuer-1-es256`,
    })
    expect(root.tbs.notBefore).toEqual(new Date('2026-03-02T09:00:00Z'))
    expect(root.tbs.notAfter).toEqual(new Date('2029-03-01T09:59:59Z'))
    expect(issuer.tbs.notAfter).toEqual(new Date('2026-05-31T09:59:59Z'))
    expect(authority.issuers.map((signing) => signing.generation.id)).toEqual(['issuer~0001'])
  })

  it('publishes a standby root from the start, certified by the first (NewWithOld)', async () => {
    await using keys = await temporaryKeys()
    const { authority } = await initAuthority(newTenant(), ceremonyOf(await watchedTestTables(), keys))
    const { root, standby } = pairOf(authority.generations)
    expect(standby).toMatchObject({
      state: 'staged',
      kind: 'root',
      signedBy: 'root~0002',
      publishedSequence: 1,
    })
    expect(authority.bundle.sequence).toBe(1)
    const [cross, ...more] = authority.crossCertificates
    expect(more).toEqual([])
    expect(cross).toMatchObject({ id: 'cross~0002-0001', subject: 'root~0002', signedBy: 'root~0001' })
    const x509 = new X509Certificate(cross?.certificate ?? '')
    expect(x509.subject).toBe(new X509Certificate(standby.certificate).subject)
    expect(x509.verify(new X509Certificate(root.certificate).publicKey)).toBe(true)
  })

  it('names them for the tenant and, distinctly, for their keys', async () => {
    await using keys = await temporaryKeys()
    const tables = await watchedTestTables()
    const names: unknown[] = []
    for (const tenant of [newTenant(), newTenant()]) {
      const { authority } = await initAuthority(tenant, ceremonyOf(tables, keys))
      for (const { tbs } of authority.generations) names.push(decodeName(tbs.subject).map(({ utf8 }) => utf8))
    }
    expect(names).toEqual([
      ['Contoso', expect.stringMatching(/^VPN issuer 1 [0-9a-f]{8}$/)],
      ['Contoso', expect.stringMatching(/^VPN root 1 [0-9a-f]{8}$/)],
      ['Contoso', expect.stringMatching(/^VPN root 2 [0-9a-f]{8}$/)],
      ['Contoso', expect.stringMatching(/^VPN issuer 1 /)],
      ['Contoso', expect.stringMatching(/^VPN root 1 /)],
      ['Contoso', expect.stringMatching(/^VPN root 2 /)],
    ])
    expect(new Set(names.map((name) => JSON.stringify(name))).size).toBe(6)
  })

  it('leaves an authority that exists alone and signs nothing', async () => {
    await using keys = await temporaryKeys()
    const tables = await watchedTestTables()
    const tenant = newTenant()
    const first = await initAuthority(tenant, ceremonyOf(tables, keys))
    // Two roots, the issuer, NewWithOld, and the bundle by either root.
    expect(keys.signatures).toBe(6)
    const again = await initAuthority(tenant, ceremonyOf(tables, keys, new Date(testTime.getTime() + 60_000)))
    expect(again.created).toBe(false)
    expect(again.authority.generations).toEqual(first.authority.generations)
    expect(keys.signatures).toBe(6)
  })

  it('finishes with the keys it made when it crashed before its rows', async () => {
    await using keys = await temporaryKeys()
    const tables = await watchedTestTables()
    const tenant = newTenant()
    tables.fault = ({ method }) => (method === 'transact' ? 'failed' : undefined)
    await expect(initAuthority(tenant, ceremonyOf(tables, keys))).toRefuse('tables-unavailable')
    expect(await readAuthority(tables, tenant.tenant)).toBeUndefined()
    const made = await keys.open(`local:${tenant.tenant}.issuer-1-es256`)
    tables.fault = () => undefined
    const { authority, created } = await initAuthority(tenant, ceremonyOf(tables, keys))
    expect(created).toBe(true)
    const { issuer } = pairOf(authority.generations)
    expect(Buffer.from(issuer.tbs.subjectPublicKeyInfo).equals(Buffer.from(made.publicKey))).toBe(true)
  })

  it('finishes when it crashed between its keys', async () => {
    await using keys = await temporaryKeys()
    const tables = await watchedTestTables()
    const tenant = newTenant()
    await keys.create(`${tenant.tenant}.root-1-es256`, 'ES256')
    expect((await initAuthority(tenant, ceremonyOf(tables, keys))).created).toBe(true)
  })

  it('finds its rows when only the reply was lost', async () => {
    await using keys = await temporaryKeys()
    const tables = await watchedTestTables()
    const tenant = newTenant()
    tables.fault = ({ method }) => (method === 'transact' ? 'failed but persisted' : undefined)
    await expect(initAuthority(tenant, ceremonyOf(tables, keys))).toRefuse('tables-unavailable')
    tables.fault = () => undefined
    expect((await initAuthority(tenant, ceremonyOf(tables, keys))).created).toBe(false)
  })

  it('leaves one authority when two administrators race, and shows it to both', async () => {
    await using keys = await temporaryKeys()
    const tables = await watchedTestTables()
    const tenant = newTenant()
    const [a, b] = await Promise.all([1, 2].map(() => initAuthority(tenant, ceremonyOf(tables, keys))))
    expect(Number(a?.created) + Number(b?.created)).toBe(1)
    expect(a?.authority.generations).toEqual(b?.authority.generations)
    const { root, issuer } = pairOf(a?.authority.generations ?? [])
    expect(
      new X509Certificate(issuer.certificate).verify(new X509Certificate(root.certificate).publicKey),
    ).toBe(true)
  })

  it('writes nothing when a key signs what does not verify', async () => {
    await using keys = await temporaryKeys()
    const tables = await watchedTestTables()
    const tenant = newTenant()
    keys.signInstead = (signer, _, requestId) => signer.probe(requestId)
    await expect(initAuthority(tenant, ceremonyOf(tables, keys))).toRefuse('signature-unverified')
    expect(await readAuthority(tables, tenant.tenant)).toBeUndefined()
  })

  it('refuses to use a key that exists for another algorithm', async () => {
    await using keys = await temporaryKeys()
    const tenant = newTenant()
    await keys.create(`${parseTenantId(tenant.tenant)}.root-1-es256`, 'ES384')
    await expect(initAuthority(tenant, ceremonyOf(await watchedTestTables(), keys))).toRefuse(
      'key-file-refused',
    )
  })
})
