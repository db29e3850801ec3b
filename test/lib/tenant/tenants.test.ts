import { beforeEach, describe, expect, it } from 'vitest'
import type { Tables } from '../../../lib/store/tables.ts'
import { type Tenants, openTenants } from '../../../lib/tenant/tenants.ts'
import { genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import { applyDocument, testTime, uniqueTenantId, watchedTestTables } from '../../world.ts'
import type { WatchedTables } from '../store/watchTables.ts'

let time: number
let tables: WatchedTables
let tenants: Tenants
let tenant: string

beforeEach(async () => {
  time = testTime.getTime()
  tables = await watchedTestTables()
  tenants = openTenants(tables, () => new Date(time))
  tenant = uniqueTenantId()
})

const apply = (changes: Members = {}) => {
  const issuer = { url: `https://issuer.example/${tenant}`, audience: 'api://mayfly' }
  return applyDocument(tables, tenantDocument(tenant, [genericTrust(issuer)], changes))
}

const displayName = async () => (await tenants.resolve(tenant)).configuration.displayName

/** Applies, then forgets the calls that it took. */
const applied = async (changes: Members = {}) => {
  await apply(changes)
  tables.calls.length = 0
}

describe('openTenants()', () => {
  it('resolves the configuration in force', async () => {
    await applied()
    expect(await tenants.resolve(tenant)).toMatchObject({
      tenant,
      number: 1,
      configuration: { displayName: 'Contoso' },
    })
  })

  it('reads no table while the configuration is fresh', async () => {
    await applied()
    await Promise.all(Array.from({ length: 20 }, displayName))
    expect(tables.calls).toHaveLength(3)
    time += 14_999
    await displayName()
    expect(tables.calls).toHaveLength(3)
  })

  it('shows a changed configuration after 30 s at the latest', async () => {
    await applied()
    await displayName()
    await apply({ displayName: 'Contoso AG' })
    time += 30_000
    expect(await tenants.resolve(tenant)).toMatchObject({
      number: 2,
      configuration: { displayName: 'Contoso AG' },
    })
  })

  it('gives the same object, and reads the pointer alone, while the revision in force is the same', async () => {
    await applied()
    const first = await tenants.resolve(tenant)
    tables.calls.length = 0
    time += 30_000
    expect(await tenants.resolve(tenant)).toBe(first)
    expect(tables.calls).toEqual([{ method: 'get', table: 'tenants' }])
    await applied({ displayName: 'Contoso AG' })
    time += 30_000
    expect(await tenants.resolve(tenant)).not.toBe(first)
    expect(tables.calls.map(({ method }) => method)).toEqual(['get', 'get', 'list'])
  })

  it('answers stale while the tables are down, for 10 minutes', async () => {
    await applied()
    await displayName()
    tables.fault = () => 'failed'
    time += 599_999
    expect(await displayName()).toBe('Contoso')
    time += 1
    await expect(tenants.resolve(tenant)).toRefuse('tables-unavailable')
  })

  it('refuses when the tables are down from the start', async () => {
    await applied()
    tables.fault = () => 'failed'
    await expect(tenants.resolve(tenant)).toRefuse('tables-unavailable')
  })

  it('refuses an unknown tenant and remembers for 10 s that there is none', async () => {
    await expect(tenants.resolve(tenant)).toRefuse('tenant-unknown')
    await expect(tenants.resolve(tenant)).toRefuse('tenant-unknown')
    expect(tables.calls).toHaveLength(1)
    await apply()
    time += 10_000
    expect(await displayName()).toBe('Contoso')
  })

  it('refuses what is no tenant id without reading a table', async () => {
    for (const id of ['', '~source~x', 'A', '../x', 'x'.repeat(64)]) {
      await expect(tenants.resolve(id)).toRefuse('tenant-unknown')
    }
    expect(tables.calls).toEqual([])
  })

  it('remembers at most 1,000 absences', async () => {
    const ids = Array.from({ length: 1_001 }, (_, index) => `absent-${index}`)
    let reads = 0
    const empty: Tables = {
      ...tables,
      get() {
        reads += 1
        return Promise.resolve(undefined)
      },
    }
    const bounded = openTenants(empty, () => new Date(time))
    for (const id of [...ids, 'absent-1', 'absent-0'])
      await expect(bounded.resolve(id)).toRefuse('tenant-unknown')
    expect(reads).toBe(1_002)
  })

  it('passes a defect on, also when an older configuration is known', async () => {
    await applied()
    await displayName()
    tables.fault = () => new TypeError('a defect')
    time += 30_000
    await expect(tenants.resolve(tenant)).rejects.toThrow('a defect')
  })
})
