import { expect, it } from 'vitest'
import { dailyTablesAhead } from '../../../lib/ledger/record/ledgerKey.ts'
import { splitTables } from '../../../lib/store/splitTables.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { memoryTables } from '../../memoryTables.ts'

const namesOf = async (tables: Tables) =>
  (
    await Promise.all(
      ['tenants', 'authorities', 'relying', 'ledger', 'refusals'].map((one) => tables.names(one)),
    )
  ).flat()

it('splitTables() keeps daily tables in one account and all others in the other', async () => {
  const [configuration, records] = [memoryTables(), memoryTables()]
  const tables = splitTables({ configuration, records })
  const daily = dailyTablesAhead(new Date('2026-03-02T12:00:00Z'), 1)
  const fixed = ['tenants', 'authorities', 'relyingParties']

  await tables.create([...fixed, ...daily])

  expect((await namesOf(configuration)).toSorted()).toEqual(fixed.toSorted())
  expect((await namesOf(records)).toSorted()).toEqual(daily.toSorted())
  expect((await namesOf(tables)).toSorted()).toEqual([...fixed, ...daily].toSorted())
})

it('splitTables() lists the tables of both accounts, where a name of either may begin so', async () => {
  const tables = splitTables({ configuration: memoryTables(), records: memoryTables() })
  await tables.create(['relyingParties', 'tenants', 'ledger20260302', 'refusals20260302'])

  expect(await tables.names('')).toEqual(['ledger20260302', 'refusals20260302', 'relyingParties', 'tenants'])
  expect(await tables.names('re')).toEqual(['refusals20260302', 'relyingParties'])
})

it('splitTables() reads and writes each row in the account of its table', async () => {
  const [configuration, records] = [memoryTables(), memoryTables()]
  const tables = splitTables({ configuration, records })
  await tables.create(['tenants', 'ledger20260302'])
  const row = { partition: 'p', row: 'r', values: { value: 1 } }

  for (const [table, home, other] of [
    ['tenants', configuration, records],
    ['ledger20260302', records, configuration],
  ] as const) {
    expect(await tables.insert(table, row)).toBe(true)
    expect(await tables.insert(table, row)).toBe(false)
    expect(await home.get(table, row)).toMatchObject(row)
    expect(await tables.list(table, 'p')).toHaveLength(1)
    expect(await tables.find(table, { property: 'value', value: '1', limit: 1 })).toEqual([])
    expect(
      await Array.fromAsync(tables.scan(table, { partitions: { from: 'p', before: 'q' } })),
    ).toHaveLength(1)
    await expect(other.get(table, row)).toRefuse('tables-unavailable')
    expect(await tables.transact(table, [{ kind: 'remove', row }])).toBe(true)
    expect(await tables.remove(table, row)).toBe(false)
    await tables.drop(table)
    await expect(home.get(table, row)).toRefuse('tables-unavailable')
  }
})
