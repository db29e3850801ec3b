import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Authority } from '../../../../lib/authority/authority.ts'
import type { GenerationState } from '../../../../lib/authority/generation.ts'
import { bundleJson, type BundleSource } from '../../../../lib/authority/publish/bundleJson.ts'
import { testTime } from '../../../world.ts'
import { crossOf, generationOf } from '../generations.ts'
import { makeAuthority } from '../madeAuthority.ts'

let authority: Authority

beforeAll(async () => {
  await using made = await makeAuthority()
  authority = await made.read()
})

const sourceOf = (members: Pick<BundleSource, 'generations' | 'crossCertificates'>): BundleSource => ({
  tenant: authority.tenant,
  sequence: 7,
  issuedAt: testTime,
  nextActivation: undefined,
  ...members,
})

const states: readonly GenerationState[] = ['staged', 'active', 'retiring', 'retired', 'tainted']

/** A root and an issuer in every state, in the order of their ids, and every root certified by every other. */
const everyState = () => {
  const issuers = states.map((state, index) => generationOf(`issuer~000${index + 1}`, state))
  const roots = states.map((state, index) => generationOf(`root~000${index + 1}`, state))
  const crossCertificates = roots.flatMap((subject) =>
    roots.filter((by) => by !== subject).map((by) => crossOf(subject.id, by.id)),
  )
  return sourceOf({ generations: [...issuers, ...roots], crossCertificates })
}

describe('bundleJson()', () => {
  it('tells roots, issuers and cross certificates with validity, digest and certificate', () => {
    const { roots, issuers, crossCertificates, rowDigests, ...whole } = bundleJson(sourceOf(authority))
    expect(whole).toEqual({
      tenant: authority.tenant,
      sequence: 7,
      issuedAt: '2026-03-02T10:00:00Z',
      refreshSeconds: 3600,
      nextActivation: null,
    })
    expect(Object.keys(rowDigests).toSorted()).toEqual(
      [...authority.generations, ...authority.crossCertificates].map(({ id }) => id).toSorted(),
    )
    const [root, standby] = roots
    expect(root).toMatchObject({
      id: 'root~0001',
      state: 'active',
      notBefore: '2026-03-02T09:00:00Z',
      notAfter: '2029-03-01T09:59:59Z',
    })
    expect(standby).toMatchObject({ id: 'root~0002', state: 'staged' })
    const [issuer] = issuers
    expect(issuer).toMatchObject({ id: 'issuer~0001', state: 'active', signedBy: 'root~0001' })
    const [cross] = crossCertificates
    expect(cross).toMatchObject({ id: 'cross~0002-0001', subject: 'root~0002', signedBy: 'root~0001' })
    const x509 = [root, standby, issuer, cross].map((one) => new X509Certificate(one?.certificate ?? ''))
    const digests = x509.map(({ fingerprint256 }) => fingerprint256.replaceAll(':', '').toLowerCase())
    expect(digests).toEqual([root, standby, issuer, cross].map((one) => one?.sha256))
    const anchor = x509[0]?.publicKey
    expect(x509.map((one) => anchor && one.verify(anchor))).toEqual([true, false, true, true])
  })

  it('tells when the first of the staged generations may be put to work, to the second', () => {
    const nextActivation = new Date('2026-03-09T10:00:00.250Z')
    const source = { ...sourceOf(authority), nextActivation }
    expect(bundleJson(source).nextActivation).toBe('2026-03-09T10:00:00Z')
  })

  it('holds what is staged, active or retiring, and nothing of what is retired or tainted', () => {
    const { roots, issuers, crossCertificates } = bundleJson(everyState())
    for (const generations of [roots, issuers])
      expect(generations.map(({ state }) => state)).toEqual(['staged', 'active', 'retiring'])
    expect(crossCertificates.map(({ id }) => id).toSorted()).toEqual(
      ['0001-0002', '0001-0003', '0002-0001', '0002-0003', '0003-0001', '0003-0002'].map(
        (id) => `cross~${id}`,
      ),
    )
  })

  it('tells nothing of keys and requests', () => {
    expect(JSON.stringify(bundleJson(everyState()))).not.toMatch(/keyReference|local:|PRIVATE|etag/)
  })
})
