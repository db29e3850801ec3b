import { createHash } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Adopting, type Adoption, recordAdoption } from '../../../../lib/authority/adopt/adoption.ts'
import { changeAuthority } from '../../../../lib/authority/change/changeAuthority.ts'
import { partiesOf } from '../../../../lib/authority/adopt/parties.ts'
import { addRelyingParty, listRelyingParties } from '../../../../lib/authority/adopt/relyingParty.ts'
import { stageIssuer } from '../../../../lib/authority/change/stageIssuer.ts'
import { openDeadline } from '../../../../lib/deadline/deadline.ts'
import { type BundleEncodings, bundleFiles } from '../../../../lib/authority/storedBundle.ts'
import { parseTenantId, type TenantId } from '../../../../lib/tenant/tenantId.ts'
import {
  ampleTime,
  ceremonyOf,
  createWorld,
  testTime,
  uniqueTenantId,
  type World,
  partyTester,
} from '../../../world.ts'
import { authorityIn, generationIn } from '../generations.ts'

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
  const resolved = await world.services.tenants.resolve(tenant)
  const ceremony = ceremonyOf(world.tables, world.keys)
  const staging = { before, root: generationIn(before, 'root~0001') }
  const { change } = await stageIssuer(resolved, staging, ceremony)
  if (!change) throw new Error('An issuer is staged already.')
  current = (await changeAuthority(resolved, { change, before }, ceremony)).bundle.encodings
  await addRelyingParty(world.tables, { tenant, name: 'vpn-1', secret }, partyTester(testTime))
  return () => world[Symbol.asyncDispose]()
})

beforeEach(async () => {
  await world.services.authorities.resolve(tenant)
  world.tables.calls.length = 0
})

const adopting = (sha256: string, changes: Partial<Adoption> = {}, parts: Partial<Adopting> = {}) =>
  recordAdoption(
    { tenant: world.tenant, name: 'vpn-1', secret, readSha256: async () => sha256, ...changes },
    {
      ...world.services,
      tables: world.tables,
      parties: partiesOf(world.tables, () => world.now.getTime()),
      now: () => world.now,
      deadline: ampleTime(),
      ...parts,
    },
  )

const historyReads = () =>
  world.tables.calls.filter(({ method, table }) => method === 'list' && table === 'authorities')

describe('recordAdoption()', () => {
  it.each(bundleFiles)('knows the current bundle by its %s, without reading the history', async (file) => {
    expect(await adopting(digestOf(current[file]))).toEqual({
      relyingParty: 'vpn-1',
      sequence: 2,
      currentSequence: 2,
    })
    expect(historyReads()).toEqual([])
    expect(await listRelyingParties(world.tables, tenant)).toEqual([
      {
        name: 'vpn-1',
        installedSequence: 2,
        installedSha256: digestOf(current[file]),
        doubt: '',
        installedAt: testTime,
        confirmedBy: 'agent',
      },
    ])
  })

  it.each(bundleFiles)('knows an older bundle by its %s, from the history', async (file) => {
    expect(await adopting(digestOf(older[file]))).toEqual({
      relyingParty: 'vpn-1',
      sequence: 1,
      currentSequence: 2,
    })
    expect(historyReads()).toHaveLength(1)
  })

  it('tells a sequence that this instance has not read yet as the current one', async () => {
    const authority = await authorityIn(world.tables, tenant)
    const digests = { 'trust.json': '', 'trust.jws': '', 'trust.pem': '', 'trust.p7b': '' }
    const bundle = { ...authority.bundle, sequence: 1, digests }
    const resolve = () => Promise.resolve({ ...authority, bundle })
    const stale = { ...world.services.authorities, resolve }
    const adoption = adopting(digestOf(current['trust.pem']), {}, { authorities: stale })
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
    expect(historyReads()).toEqual([])
  })

  it('costs one reading of the list a second, however many strangers try names and secrets', async () => {
    const parties = partiesOf(world.tables, () => world.now.getTime())
    const stranger = (index: number) =>
      expect(
        adopting('', { name: index % 2 ? 'vpn-1' : `vpn-${index}`, secret: `${index}` }, { parties }),
      ).toRefuse('relying-party-refused')
    for (const seconds of [0, 1]) {
      world.now = new Date(testTime.getTime() + 1_000 * seconds)
      await Promise.all(Array.from({ length: 100 }, (_, index) => stranger(index)))
    }
    world.now = testTime
    expect(world.tables.calls).toEqual(
      Array.from({ length: 2 }, () => ({ method: 'list', table: 'relyingParties' })),
    )
  })

  it('takes nothing of the body of a stranger', async () => {
    const readSha256 = vi.fn<() => Promise<string>>()
    const adoption = { tenant: world.tenant, name: 'vpn-1', secret: 'wrong', readSha256 }
    const parties = partiesOf(world.tables, () => world.now.getTime())
    const parts = {
      ...world.services,
      tables: world.tables,
      parties,
      now: () => world.now,
      deadline: ampleTime(),
    }
    await expect(recordAdoption(adoption, parts)).toRefuse('relying-party-refused')
    expect(readSha256).not.toHaveBeenCalled()
  })

  it('waits no longer than the request has for the body, and gives the places back', async () => {
    const readSha256 = () => new Promise<never>(() => undefined)
    const { places, clock } = world.services
    const late = adopting('', { readSha256 }, { deadline: openDeadline(300, clock) })
    await expect(late).toRefuse('overloaded', /the sender of the body/)
    expect(places.taken).toBe(0)
  })

  it('refuses an unknown tenant', async () => {
    const sha256 = digestOf(current['trust.json'])
    await expect(adopting(sha256, { tenant: uniqueTenantId() })).toRefuse('tenant-unknown')
    await expect(adopting(sha256, { tenant: '../x' })).toRefuse('tenant-unknown')
  })
})
