import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Issuer } from '../../../../lib/authority/authority.ts'
import { readinessOf } from '../../../../lib/authority/sign/readiness.ts'
import { signerPool } from '../../../../lib/authority/sign/signerPool.ts'
import type { Tables } from '../../../../lib/store/tables.ts'
import { memoryTables } from '../../../memoryTables.ts'
import { createWorld, testTime, type World } from '../../../world.ts'
import { type WatchedTables, watchTables } from '../../store/watchTables.ts'
import { setState } from '../setState.ts'

/** Tables of one test alone: the probe reads whatever tenants there are. */
const tablesOfOneTest = async (): Promise<Tables> => {
  const tables = memoryTables()
  await tables.create(['authorities', 'tenants'])
  return tables
}

let world: World
let time: number
let tables: WatchedTables
let readiness: ReturnType<typeof readinessOf>
const probes: (readonly [tenant: string, issuer: string, requestId: string])[] = []

beforeAll(async () => {
  world = await createWorld()
  return () => world[Symbol.asyncDispose]()
})

beforeEach(() => {
  time = testTime.getTime()
  probes.length = 0
  Object.assign(world.keys, { signatures: 0, probeInstead: undefined })
  tables = watchTables(world.tables)
  readiness = probing(tables)
})

/** What the app's log explains: signatures that were given, and those that may have been. */
const told = ({ generation }: Issuer, { requestId }: { readonly requestId: string }): void =>
  void probes.push([generation.tenant, generation.id, requestId])

const probing = (probed: Tables, needed: readonly string[] = ['tenants']) =>
  readinessOf({
    tables: probed,
    neededTables: () => needed,
    signers: signerPool({ source: world.keys, now: () => new Date(time), onFailure: told }),
    now: () => new Date(time),
    uuid: randomUUID,
    onProbe: told,
  })

const ready = { ready: true, tables: 'ok', signer: 'ok' }

describe('readinessOf()', () => {
  it('asks the tables and a signer', async () => {
    expect(await readiness()).toEqual(ready)
    expect(world.keys.signatures).toBeGreaterThan(0)
  })

  it('tells of each signature that it asks for, and under which id, whether or not it is given', async () => {
    const asked: string[] = []
    world.keys.probeInstead = (_signer, requestId) => {
      asked.push(requestId)
      return Promise.reject(new Error('no answer'))
    }
    await readiness()
    expect(asked.length).toBeGreaterThan(0)
    expect(probes.map(([, , requestId]) => requestId).sort()).toEqual(asked.sort())
    expect(probes.every(([tenant, issuer]) => tenant !== '' && issuer.startsWith('issuer~'))).toBe(true)
  })

  it('shares one probe and its result for 10 s among all callers', async () => {
    await Promise.all(Array.from({ length: 100 }, readiness))
    const { length } = tables.calls
    time += 9_999
    await readiness()
    expect(tables.calls).toHaveLength(length)
    time += 1
    await readiness()
    expect(tables.calls.length).toBeGreaterThan(length)
  })

  it('has a key sign only where none signed within a minute, or one failed since', async () => {
    const signaturesAfter = async (milliseconds: number) => {
      time += milliseconds
      expect(await readiness()).toEqual(ready)
      return world.keys.signatures
    }
    expect(await signaturesAfter(0)).toBe(1)
    expect(await signaturesAfter(59_999)).toBe(1)
    expect(await signaturesAfter(10_000)).toBe(2)
    world.keys.probeInstead = () => Promise.reject(new Error('down'))
    time += 60_000
    expect(await readiness()).toMatchObject({ signer: 'unavailable' })
    world.keys.probeInstead = undefined
    const { signatures } = world.keys
    expect(await signaturesAfter(10_000)).toBe(signatures + 1)
    expect(await signaturesAfter(10_000)).toBe(signatures + 1)
  })

  it('asks one tenant after the other, and two more when the first does not sign', async () => {
    const several = await tablesOfOneTest()
    const rows = await world.tables.list('authorities', world.tenant)
    const ids = ['a', 'a-1', 'b', 'c', 'd']
    for (const id of ids)
      for (const row of rows) await several.insert('authorities', { ...row, partition: id })
    const probed = probing(several)
    for (let round = 0; round < 6; round++) {
      await probed()
      time += 60_000
    }
    expect(probes.map(([tenant]) => tenant)).toEqual([...ids, 'a'])
    for (const id of ['root~0001', 'issuer~0001']) await setState(several, 'a-1', id, 'tainted')
    await several.remove('authorities', { partition: 'b', row: 'bundle~current' })
    probes.length = 0
    expect(await probed()).toEqual(ready)
    expect(probes.map(([tenant]) => tenant)).toEqual(['c', 'd'])
  })

  it('starts no second probe while one is under way, however long it takes', async () => {
    let answer = (): void => undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    let asked = 0
    world.keys.probeInstead = async (signer, requestId) => {
      asked += 1
      await answered
      return signer.probe(requestId)
    }
    const first = readiness()
    await vi.waitFor(() => expect(asked).toBeGreaterThan(0), 20_000)
    const { length } = tables.calls
    time += 60_000
    const second = readiness()
    answer()
    expect(await Promise.all([first, second])).toEqual([ready, ready])
    expect(tables.calls).toHaveLength(length)
    expect(await readiness()).toEqual(ready)
    expect(tables.calls).toHaveLength(length)
  })

  it('tells that the tables are down', async () => {
    tables.fault = () => 'failed'
    expect(await readiness()).toEqual({ ready: false, tables: 'unavailable', signer: 'unavailable' })
  })

  it('tells that a table is missing which enrolling needs, as when housekeeping stopped', async () => {
    const answer = await probing(tables, ['tenants', 'ledger29990101'])()
    expect(answer).toEqual({ ready: false, tables: 'unavailable', signer: 'unavailable' })
  })

  it('tells that the signer is broken, and recovers', async () => {
    world.keys.probeInstead = () => Promise.reject(new Error('down'))
    expect(await readiness()).toEqual({ ready: false, tables: 'ok', signer: 'unavailable' })
    world.keys.probeInstead = undefined
    time += 10_000
    expect(await readiness()).toEqual(ready)
  })

  it('tells that a signer lies', async () => {
    world.keys.probeInstead = () => Promise.resolve(Buffer.from('no signature'))
    expect(await readiness()).toEqual({ ready: false, tables: 'ok', signer: 'unavailable' })
  })

  it('tells that there is no authority yet', async () => {
    expect(await probing(await tablesOfOneTest())()).toEqual({ ready: false, tables: 'ok', signer: 'none' })
  })

  it('is ready when one of three tenants is sick', async () => {
    const several = await tablesOfOneTest()
    const rows = await world.tables.list('authorities', world.tenant)
    const broken = { state: 'active', certificate: Uint8Array.of(1) }
    await several.insert('authorities', { partition: 'a-sick', row: 'issuer~0001', values: broken })
    for (const row of rows) await several.insert('authorities', { ...row, partition: 'b-well' })
    expect(await probing(several)()).toEqual(ready)
    for (const id of ['root~0001', 'issuer~0001']) await setState(several, 'b-well', id, 'tainted')
    expect(await probing(several)()).toEqual({ ready: false, tables: 'ok', signer: 'unavailable' })
  })
})
