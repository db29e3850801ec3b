import { beforeAll, describe, expect, it } from 'vitest'
import { appliedRevision } from '../../../lib/tenant/appliedRevision.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { testTables } from '../../azurite.ts'
import { testDocument } from '../../cli/testDocument.ts'
import { applyDocument, testTime } from '../../world.ts'

let tables: Tables
beforeAll(async () => {
  tables = await testTables()
})

describe('appliedRevision()', () => {
  it('tells who applied a revision and when, also when it is not in force any more', async () => {
    const document = testDocument()
    const tenant = parseTenantId(document.tenant)
    const later = new Date(testTime.getTime() + 60_000)
    await applyDocument(tables, document)
    await applyDocument(tables, { ...document, displayName: 'Another' }, later)
    const applied = { appliedBy: 'tester', isIntact: true }
    expect(await appliedRevision(tables, tenant, 1)).toEqual({ ...applied, number: 1, appliedAt: testTime })
    expect(await appliedRevision(tables, tenant, 2)).toEqual({ ...applied, number: 2, appliedAt: later })
    expect(await appliedRevision(tables, tenant, 3)).toBeUndefined()
  })

  it('reads a document that nobody understands any more, and tells one that was altered', async () => {
    const tenant = parseTenantId(testDocument().tenant)
    const row = `revision~00000001~${'0'.repeat(16)}`
    const values = { number: 1, document: '{}', appliedAt: testTime.toISOString(), appliedBy: 'somebody' }
    await tables.insert('tenants', { partition: tenant, row, values })
    expect(await appliedRevision(tables, tenant, 1)).toMatchObject({ appliedBy: 'somebody', isIntact: false })
  })
})
