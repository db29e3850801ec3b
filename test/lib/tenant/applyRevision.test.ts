import { beforeAll, describe, expect, it } from 'vitest'
import type { Tables } from '../../../lib/store/tables.ts'
import { currentRevision } from '../../../lib/tenant/revision.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { applyDocument, testTime, uniqueTenantId, watchedTestTables } from '../../world.ts'
import { genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import type { WatchedTables } from '../store/watchTables.ts'

let tables: WatchedTables

beforeAll(async () => {
  tables = await watchedTestTables()
})

const audience = 'api://mayfly'
const urlOf = (name: string) => `https://issuer.example/${name}`
const documentOf = (tenant: string, changes: Members = {}) =>
  tenantDocument(tenant, [genericTrust({ url: urlOf(tenant), audience })], changes)
const current = (tenant: string, from: Tables = tables) => currentRevision(from, parseTenantId(tenant))

describe('applyRevision()', () => {
  it('makes revision 1 of a new tenant and tells who applied it, and when', async () => {
    const tenant = uniqueTenantId()
    expect(await current(tenant)).toBeUndefined()
    const applied = await applyDocument(tables, documentOf(tenant))
    expect(applied).toMatchObject({
      tenant,
      number: 1,
      changed: true,
      appliedBy: { kind: 'local', name: 'tester' },
      appliedAt: testTime,
    })
    const { changed: _, ...revision } = applied
    expect(await current(tenant)).toEqual(revision)
  })

  it('changes nothing when the same configuration is in force', async () => {
    const tenant = uniqueTenantId()
    await applyDocument(tables, documentOf(tenant))
    const later = new Date(testTime.getTime() + 60_000)
    const reordered = Object.fromEntries(Object.entries(documentOf(tenant)).toReversed())
    const again = await applyDocument(tables, reordered, later)
    expect(again).toMatchObject({ number: 1, changed: false, appliedAt: testTime })
    expect(await tables.list('tenants', tenant)).toHaveLength(2)
  })

  it('makes revision 2 of a change and keeps revision 1', async () => {
    const tenant = uniqueTenantId()
    await applyDocument(tables, documentOf(tenant))
    const applied = await applyDocument(tables, documentOf(tenant, { displayName: 'Contoso AG' }))
    expect(applied).toMatchObject({ number: 2, changed: true })
    expect((await current(tenant))?.configuration.displayName).toBe('Contoso AG')
    const rows = (await tables.list('tenants', tenant)).map(({ row }) => row)
    expect(rows.map((row) => row.split('~').slice(0, 2).join('~'))).toEqual([
      'current',
      'revision~00000001',
      'revision~00000002',
    ])
  })

  it('goes back to an earlier configuration as a new revision', async () => {
    const tenant = uniqueTenantId()
    for (const displayName of ['A', 'B', 'A'])
      await applyDocument(tables, documentOf(tenant, { displayName }))
    const revision = await current(tenant)
    expect([revision?.number, revision?.configuration.displayName]).toEqual([3, 'A'])
  })

  it('lets one of two racing administrators win and tells the other', async () => {
    const tenant = uniqueTenantId()
    await applyDocument(tables, documentOf(tenant))
    const results = await Promise.allSettled(
      ['A', 'B'].map((displayName) => applyDocument(tables, documentOf(tenant, { displayName }))),
    )
    const won = results.filter((result) => result.status === 'fulfilled')
    const lost = results.filter((result) => result.status === 'rejected')
    expect(won).toHaveLength(1)
    expect(lost.map(({ reason }) => reason as unknown)).toMatchObject([{ code: 'configuration-conflict' }])
    const revision = await current(tenant)
    expect(revision?.number).toBe(2)
    expect(won[0]?.value.configuration).toEqual(revision?.configuration)
  })

  it('lets one of two racing administrators make a new tenant', async () => {
    const tenant = uniqueTenantId()
    const apply = (displayName: string) => applyDocument(tables, documentOf(tenant, { displayName }))
    const results = await Promise.allSettled(['A', 'B'].map(apply))
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await current(tenant))?.number).toBe(1)
  })

  it('flips the pointer with the revision or not at all', async () => {
    const tenant = uniqueTenantId()
    await applyDocument(tables, documentOf(tenant))
    const watched = await watchedTestTables()
    let transactions = 0
    // The first transaction refreshes the claim of the one source; the second writes the revision.
    watched.fault = ({ method }) => (method === 'transact' && ++transactions === 2 ? 'failed' : undefined)
    const change = documentOf(tenant, { displayName: 'Contoso AG' })
    await expect(applyDocument(watched, change)).toRefuse('tables-unavailable')
    expect((await current(tenant))?.number).toBe(1)
    expect(await applyDocument(tables, change)).toMatchObject({ number: 2, changed: true })
  })

  it('is safe to repeat when the reply to the flip was lost', async () => {
    const tenant = uniqueTenantId()
    await applyDocument(tables, documentOf(tenant))
    const watched = await watchedTestTables()
    let transactions = 0
    watched.fault = ({ method }) =>
      method === 'transact' && ++transactions === 2 ? 'failed but persisted' : undefined
    const change = documentOf(tenant, { displayName: 'Contoso AG' })
    await expect(applyDocument(watched, change)).toRefuse('tables-unavailable')
    expect(await applyDocument(tables, change)).toMatchObject({ number: 2, changed: false })
  })

  it('takes it for done when a lost reply made the SDK repeat its own write', async () => {
    const tenant = uniqueTenantId()
    const repeating: Tables = {
      ...tables,
      transact: async (table, writes) => {
        await tables.transact(table, writes)
        return tables.transact(table, writes)
      },
    }
    expect(await applyDocument(repeating, documentOf(tenant))).toMatchObject({ number: 1, changed: true })
    const change = documentOf(tenant, { displayName: 'Contoso AG' })
    expect(await applyDocument(repeating, change)).toMatchObject({ number: 2, changed: true })
    expect((await current(tenant))?.configuration.displayName).toBe('Contoso AG')
  })

  it('is not in force in part when the tables fail at any one of its calls', async () => {
    const steps = await watchedTestTables()
    const probe = uniqueTenantId()
    await applyDocument(tables, documentOf(probe))
    await applyDocument(steps, documentOf(probe, { displayName: 'B' }))
    for (let step = 1; step <= steps.calls.length; step++) {
      const tenant = uniqueTenantId()
      await applyDocument(tables, documentOf(tenant))
      const watched = await watchedTestTables()
      watched.fault = () => (watched.calls.length === step ? 'failed' : undefined)
      await expect(applyDocument(watched, documentOf(tenant, { displayName: 'B' }))).toRefuse(
        'tables-unavailable',
      )
      expect((await current(tenant))?.configuration.displayName).toBe('Contoso')
      await applyDocument(tables, documentOf(tenant, { displayName: 'B' }))
      expect((await current(tenant))?.configuration.displayName).toBe('B')
    }
  })
})

describe('currentRevision()', () => {
  it('does not serve a document that is not the one that was applied', async () => {
    const tenant = uniqueTenantId()
    await applyDocument(tables, documentOf(tenant))
    const rows = await tables.list('tenants', tenant)
    const revision = rows.find(({ row }) => row.startsWith('revision~'))
    if (!revision) throw new Error('There is no revision.')
    const document = String(revision.values['document']).replace('contoso.example', 'evil.example')
    const tampered = { ...revision, values: { ...revision.values, document } }
    await tables.transact('tenants', [{ kind: 'replace', row: tampered, etag: revision.etag }])
    await expect(current(tenant)).rejects.toThrow(/is not the one that was applied/)
  })

  it('does not serve a revision of another tenant', async () => {
    const [tenant, other] = [uniqueTenantId(), uniqueTenantId()]
    await applyDocument(tables, documentOf(tenant))
    for (const row of await tables.list('tenants', tenant))
      await tables.insert('tenants', { ...row, partition: other })
    await expect(current(other)).rejects.toThrow(/is of another tenant/)
  })

  it('passes a pointer without its revision on as a defect', async () => {
    const tenant = uniqueTenantId()
    await tables.insert('tenants', {
      partition: tenant,
      row: 'current',
      values: { revision: 'revision~00000001~x' },
    })
    await expect(current(tenant)).rejects.toThrow(/does not exist/)
  })
})
