import { beforeAll, describe, expect, it } from 'vitest'
import type { Tables } from '../../../lib/store/tables.ts'
import { readRevision, readRevisions } from '../../../lib/tenant/storedRevision.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { testTables } from '../../azurite.ts'
import { testDocument } from '../../cli/testDocument.ts'
import { applyDocument, testTime } from '../../world.ts'

let tables: Tables
beforeAll(async () => {
  tables = await testTables()
})

describe('readRevision()', () => {
  it('tells who applied a revision and when, also when it is not in force any more', async () => {
    const document = testDocument()
    const tenant = parseTenantId(document.tenant)
    const later = new Date(testTime.getTime() + 60_000)
    await applyDocument(tables, document)
    await applyDocument(tables, { ...document, displayName: 'Another' }, later)
    const applied = { appliedBy: { kind: 'local', name: 'tester' }, isIntact: true, action: 'apply' }
    expect(await readRevision(tables, tenant, 1)).toMatchObject({
      ...applied,
      number: 1,
      appliedAt: testTime,
    })
    expect(await readRevision(tables, tenant, 2)).toMatchObject({ ...applied, number: 2, appliedAt: later })
    expect(await readRevision(tables, tenant, 3)).toBeUndefined()
    const numbers: number[] = []
    for await (const { number } of readRevisions(tables, tenant)) numbers.push(number)
    expect(numbers).toEqual([1, 2])
  })

  it('reads a row of Mayfly 0.1, whose document nobody understands any more, and tells one that was altered', async () => {
    const tenant = parseTenantId(testDocument().tenant)
    const row = `revision~00000001~${'0'.repeat(16)}`
    const values = { number: 1, document: '{}', appliedAt: testTime.toISOString(), appliedBy: 'al@laptop' }
    await tables.insert('tenants', { partition: tenant, row, values })
    expect(await readRevision(tables, tenant, 1)).toEqual({
      number: 1,
      action: 'apply',
      appliedAt: testTime,
      appliedBy: { kind: 'local', name: 'al@laptop' },
      reason: '',
      forced: [],
      row,
      document: '{}',
      parts: [],
      isIntact: false,
    })
  })
})
