import { createHash } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordAdoption } from '../../../lib/authority/adoption.ts'
import { changeAuthority } from '../../../lib/authority/changeAuthority.ts'
import { addRelyingParty, listRelyingParties } from '../../../lib/authority/relyingParties.ts'
import { stageIssuer } from '../../../lib/authority/stageIssuer.ts'
import { type BundleEncodings, bundleFiles } from '../../../lib/authority/storedBundle.ts'
import { parseTenantId, type TenantId } from '../../../lib/tenant/tenantId.ts'
import { ceremonyOf, createWorld, testTime, uniqueTenantId, type World } from '../../world.ts'
import { authorityIn, generationIn } from './generations.ts'

const secret = 'canary-of-the-secret'
const digestOf = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')

let world: World
let tenant: TenantId

/** The files of bundle 1, which bundle 2 has replaced. */
let older: BundleEncodings
let current: BundleEncodings

beforeAll(async () => {
  world = await createWorld()
  tenant = parseTenantId(world.tenant)
  const before = await authorityIn(world.tables, tenant)
  older = before.bundle.encodings
  const resolved = await world.enrolling.tenants.resolve(tenant)
  const ceremony = ceremonyOf(world.tables, world.keys)
  const staging = { before, root: generationIn(before, 'root~0001') }
  const { change } = await stageIssuer(resolved, staging, ceremony)
  if (!change) throw new Error('An issuer is staged already.')
  current = (await changeAuthority(resolved, { change, before }, ceremony)).bundle.encodings
  await addRelyingParty(world.tables, tenant, { name: 'vpn-1', secret })
  return () => world[Symbol.asyncDispose]()
})

beforeEach(async () => {
  await world.enrolling.authorities.resolve(tenant)
  world.tables.calls.length = 0
})

const adopting = (sha256: string, changes: { tenant?: string; name?: string; secret?: string } = {}) =>
  recordAdoption(
    { tenant: world.tenant, name: 'vpn-1', secret, sha256, ...changes },
    { ...world.enrolling, tables: world.tables, now: () => world.now },
  )

const listings = () => world.tables.calls.filter(({ method }) => method === 'list')

describe('recordAdoption()', () => {
  it.each(bundleFiles)('knows the current bundle by its %s, without reading the history', async (file) => {
    expect(await adopting(digestOf(current[file]))).toEqual({
      relyingParty: 'vpn-1',
      sequence: 2,
      currentSequence: 2,
    })
    expect(listings()).toEqual([])
    expect(await listRelyingParties(world.tables, tenant)).toEqual([
      { name: 'vpn-1', installedSequence: 2, installedAt: testTime, confirmedBy: 'agent' },
    ])
  })

  it.each(bundleFiles)('knows an older bundle by its %s, from the history', async (file) => {
    expect(await adopting(digestOf(older[file]))).toEqual({
      relyingParty: 'vpn-1',
      sequence: 1,
      currentSequence: 2,
    })
    expect(listings()).toHaveLength(1)
  })

  it('tells a sequence that this instance has not read yet as the current one', async () => {
    const authority = await authorityIn(world.tables, tenant)
    const digests = { 'trust.json': '', 'trust.jws': '', 'trust.pem': '', 'trust.p7b': '' }
    const bundle = { ...authority.bundle, sequence: 1, digests }
    const resolve = () => Promise.resolve({ ...authority, bundle })
    const stale = { ...world.enrolling.authorities, resolve }
    const adoption = recordAdoption(
      { tenant: world.tenant, name: 'vpn-1', secret, sha256: digestOf(current['trust.pem']) },
      { ...world.enrolling, authorities: stale, tables: world.tables, now: () => world.now },
    )
    expect(await adoption).toMatchObject({ sequence: 2, currentSequence: 2 })
  })

  it('refuses a digest that no bundle has, and changes nothing', async () => {
    await adopting(digestOf(current['trust.json']))
    for (const sha256 of ['', digestOf(Buffer.from('another')), digestOf(older['trust.json']).toUpperCase()])
      await expect(adopting(sha256)).toRefuse('bundle-unknown')
    expect(await listRelyingParties(world.tables, tenant)).toMatchObject([{ installedSequence: 2 }])
  })

  it('tells strangers nothing of the history: who they are comes before what they say', async () => {
    for (const sha256 of [
      digestOf(current['trust.json']),
      digestOf(older['trust.json']),
      digestOf(Buffer.from('x')),
    ])
      for (const wrong of [{ secret: 'wrong' }, { name: 'vpn-2' }])
        await expect(adopting(sha256, wrong)).toRefuse(
          'relying-party-refused',
          /name and secret do not match/,
        )
    expect(listings()).toEqual([])
  })

  it('refuses an unknown tenant', async () => {
    const sha256 = digestOf(current['trust.json'])
    await expect(adopting(sha256, { tenant: uniqueTenantId() })).toRefuse('tenant-unknown')
    await expect(adopting(sha256, { tenant: '../x' })).toRefuse('tenant-unknown')
  })
})
