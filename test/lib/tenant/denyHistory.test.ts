import { beforeEach, describe, expect, it } from 'vitest'
import { readDenyHistory } from '../../../lib/tenant/denyHistory.ts'
import { parseTenantId, type TenantId } from '../../../lib/tenant/tenantId.ts'
import { uniqueTenantId, watchedTestTables } from '../../world.ts'
import type { WatchedTables } from '../store/watchTables.ts'
import { after, aKey, alice, hour, laptop, lift, misfits, stop } from './denials.ts'

let tables: WatchedTables
let tenant: TenantId

/** Four changes: alice and the key are stopped after them. */
beforeEach(async () => {
  tables = await watchedTestTables()
  tenant = parseTenantId(uniqueTenantId())
  await stop(tables, { tenant, subject: alice })
  await stop(tables, { tenant, subject: laptop })
  await stop(tables, { tenant, subject: aKey }, { until: after(hour) })
  await lift(tables, { tenant, subject: laptop })
})

describe('readDenyHistory()', () => {
  it('reads changes, head and entries in one query', async () => {
    tables.calls.length = 0
    const { changes, entries, head } = await readDenyHistory(tables, tenant)
    expect(tables.calls).toEqual([{ method: 'list', table: 'tenants' }])
    expect([changes.length, entries.length, head?.number]).toEqual([4, 2, 4])
  })

  it('reads rows with the digests that Mayfly 0.1 wrote, and goes on after them', async () => {
    for (const row of ['denial~00000004', 'deny~current']) {
      const found = (await tables.get('tenants', { partition: tenant, row })) ?? expect.fail(row)
      const values = { ...found.values, digest: '00'.repeat(32) }
      await tables.transact('tenants', [{ kind: 'replace', row: { ...found, values }, etag: found.etag }])
    }
    expect(await stop(tables, { tenant, subject: laptop })).toEqual({ changed: true, number: 5 })
    const history = await readDenyHistory(tables, tenant)
    expect(history.changes.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5])
    expect(misfits(history)).toEqual([])
  })

  it('reads again when a change came between its pages', async () => {
    let reads = 0
    const torn = {
      ...tables,
      async list(...args: Parameters<WatchedTables['list']>) {
        const rows = await tables.list(...args)
        reads += 1
        return reads === 1 ? rows.filter(({ row }) => row !== 'denial~00000004') : rows
      },
    }
    expect(misfits(await readDenyHistory(torn, tenant))).toEqual([])
    expect(reads).toBe(2)
  })
})
