import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import type { PartitionPart, Tables, Value } from '../../../lib/store/tables.ts'

/** The table that the tests of tables write to. */
export const table = 'tenants'

/** A row of a partition that no other test has, unless it is told. */
export const newRow = (
  values: Readonly<Record<string, Value>> = { text: 'x' },
  partition = `p${randomUUID()}`,
) => ({ partition, row: 'row', values })

/** Two rows of one new partition. */
export const two = () => {
  const partition = `p${randomUUID()}`
  return [
    { partition, row: 'one', values: { text: '1' } },
    { partition, row: 'two', values: { text: '2' } },
  ] as const
}

const toOctets = (value: Value | undefined): Uint8Array => {
  if (value instanceof Uint8Array) return value
  throw new TypeError('The value is not octets.')
}

/** The calls that read or write one row. */
export const calls: readonly (readonly [string, (tables: Tables, name: string) => Promise<unknown>])[] = [
  ['get()', (opened, name) => opened.get(name, { partition: 'p', row: 'r' })],
  ['list()', (opened, name) => opened.list(name, 'p')],
  ['find()', (opened, name) => opened.find(name, { property: 'state', value: 'x', limit: 1 })],
  ['insert()', (opened, name) => opened.insert(name, newRow())],
  ['transact()', (opened, name) => opened.transact(name, [{ kind: 'insert', row: newRow() }])],
]

/** Describes what every kind of tables does: those that Azure has, and those of tests. */
export const describeTables = (kind: string, open: () => Promise<Tables>): void => {
  let tables: Tables

  beforeAll(async () => {
    tables = await open()
  })

  const stored = async (key: { readonly partition: string; readonly row: string }) => {
    const row = await tables.get(table, key)
    if (!row) throw new Error('The row is absent.')
    return row
  }

  describe(`tables ${kind}`, () => {
    it('get() gives a row as it was inserted', async () => {
      const values = { text: "ä \u{1f510} 'quoted'", empty: '', number: 1.5, whole: 42, yes: true, no: false }
      const row = newRow(values)
      expect(await tables.insert(table, row)).toBe(true)
      expect(await tables.get(table, row)).toEqual({ ...row, etag: expect.stringContaining('W/') })
    })

    it('get() gives octets back as they were, up to 64 KiB', async () => {
      const octets = Uint8Array.from({ length: 256 }, (_, index) => index)
      const row = newRow({ octets, none: new Uint8Array(), many: new Uint8Array(64 * 1024).fill(0xa5) })
      await tables.insert(table, row)
      const { values } = await stored(row)
      expect(values['octets']).toBeInstanceOf(Uint8Array)
      expect(Buffer.from(octets).equals(Buffer.from(toOctets(values['octets'])))).toBe(true)
      expect(toOctets(values['none'])).toHaveLength(0)
      expect(toOctets(values['many'])).toHaveLength(64 * 1024)
    })

    it('get() gives undefined for a row that is absent', async () => {
      expect(await tables.get(table, { partition: 'nobody', row: 'nothing' })).toBeUndefined()
    })

    it('insert() tells that the key exists, and leaves the row alone', async () => {
      const row = newRow({ text: 'first' })
      expect(await tables.insert(table, row)).toBe(true)
      expect(await tables.insert(table, { ...row, values: { text: 'second' } })).toBe(false)
      expect((await stored(row)).values).toEqual({ text: 'first' })
    })

    it('insert() inserts one of many racing rows', async () => {
      const row = newRow()
      const results = await Promise.all(Array.from({ length: 20 }, () => tables.insert(table, row)))
      expect(results.filter(Boolean)).toHaveLength(1)
    })

    it('insert() fails on a row that is too large, which is our own mistake', async () => {
      const tooLong = newRow({ text: 'x'.repeat(33_000) })
      await expect(tables.insert(table, tooLong)).rejects.toThrow(/PropertyValueTooLarge|too large|exceed/i)
    })

    it('list() gives the rows of a partition in the order of their keys, and no others', async () => {
      const partition = `p'${randomUUID()}`
      for (const row of ['b', 'a~2', 'a~1', 'C']) await tables.insert(table, { partition, row, values: {} })
      await tables.insert(table, { partition: `${partition}x`, row: 'a', values: {} })
      expect((await tables.list(table, partition)).map(({ row }) => row)).toEqual(['C', 'a~1', 'a~2', 'b'])
      expect(await tables.list(table, 'nobody')).toEqual([])
    })

    it('list() gives a part of a partition, or all but a part', async () => {
      const partition = `p'${randomUUID()}`
      const rows = ['a', "m'", "m'1", "m'2~", "m'~", 'n']
      for (const row of rows) await tables.insert(table, { partition, row, values: {} })
      await tables.insert(table, { partition: `${partition}x`, row: "m'1", values: {} })
      const range = { from: "m'", before: "m'~" }
      const listed = async (part: PartitionPart) =>
        (await tables.list(table, partition, part)).map(({ row }) => row)
      expect(await listed({ only: range })).toEqual(["m'", "m'1", "m'2~"])
      expect(await listed({ except: range })).toEqual(['a', "m'~", 'n'])
    })

    it('find() gives rows of any partition by a property, up to the limit', async () => {
      const mark = `it's ${randomUUID()}`
      for (let index = 0; index < 4; index++) await tables.insert(table, newRow({ mark }))
      await tables.insert(table, newRow({ mark: 'other' }))
      const found = (limit: number) => tables.find(table, { property: 'mark', value: mark, limit })
      expect(await found(10)).toHaveLength(4)
      expect(await found(3)).toHaveLength(3)
      expect(await tables.find(table, { property: 'mark', value: "x' or mark ne '", limit: 10 })).toEqual([])
      const row = { ...newRow(), row: `row ${mark}` }
      await tables.insert(table, row)
      expect(await tables.find(table, { property: 'RowKey', value: row.row, limit: 10 })).toMatchObject([row])
    })

    it('scan() gives rows from one partition up to another, by properties, in the order of their keys', async () => {
      const mark = `m${randomUUID()}`
      const partitions = [`${mark}c`, `${mark}a`, `${mark}b`]
      for (const partition of partitions) await tables.insert(table, newRow({ mark, partition }, partition))
      const found = async (where: Readonly<Record<string, string>>, before = `${mark}~`) => {
        const rows = await Array.fromAsync(tables.scan(table, { partitions: { from: mark, before }, where }))
        return rows.map(({ partition }) => partition.slice(mark.length))
      }
      expect(await found({})).toEqual(['a', 'b', 'c'])
      expect(await found({ mark }, `${mark}c`)).toEqual(['a', 'b'])
      expect(await found({ mark, partition: `${mark}b` })).toEqual(['b'])
      expect(await found({ missing: 'x' })).toEqual([])
    })

    it('scan() gives more rows than a page of the service has', async () => {
      const partition = `p${randomUUID()}`
      const rows = Array.from({ length: 1_050 }, (_, index) => ({ partition, row: `r${index}`, values: {} }))
      for (let from = 0; from < rows.length; from += 100)
        await tables.transact(
          table,
          rows.slice(from, from + 100).map((row) => ({ kind: 'insert', row }) as const),
        )
      const scanned = tables.scan(table, { partitions: { from: partition, before: `${partition}~` } })
      expect(await Array.fromAsync(scanned, ({ row }) => row)).toEqual(rows.map(({ row }) => row).toSorted())
    })

    it('remove() removes a row whatever its version, once', async () => {
      const row = newRow()
      await tables.insert(table, row)
      expect([await tables.remove(table, row), await tables.remove(table, row)]).toEqual([true, false])
      expect(await tables.get(table, row)).toBeUndefined()
    })

    it('names() lists the tables whose names begin so, and drop() takes one away, if it is there', async () => {
      await tables.create(['ledger20000103', 'ledger20000102', 'refusals20000102'])
      expect(await tables.names('ledger200001')).toEqual(['ledger20000102', 'ledger20000103'])
      await tables.drop('ledger20000102')
      await tables.drop('ledger20000102')
      expect(await tables.names('ledger200001')).toEqual(['ledger20000103'])
      expect(await tables.names('ledger20000102')).toEqual([])
    })

    it.each(['a/b', 'a\\b', 'a#b', 'a?b', 'a\n'])('refuse the key %j as our own mistake', async (row) => {
      const refused = await tables.insert(table, { ...newRow(), row }).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(Error)
      expect(refused).not.toBeInstanceOf(Refusal)
    })

    it.each(calls)('refuse %s of a table that does not exist', (_, call) =>
      expect(call(tables, 'ledger20000101')).toRefuse('tables-unavailable', /TableNotFound/),
    )

    it('end a call by its signal', async () => {
      const row = newRow()
      await expect(tables.insert(table, row, AbortSignal.abort())).toRefuse('tables-unavailable')
      await expect(tables.get(table, row, AbortSignal.abort())).toRefuse('tables-unavailable')
    })

    it('create() leaves tables that exist alone', async () => {
      const row = newRow()
      await tables.insert(table, row)
      await tables.create([table, 'authorities'])
      expect(await tables.get(table, row)).toBeDefined()
    })
  })

  describe(`transact() of tables ${kind}`, () => {
    it('does all writes', async () => {
      const [one, other] = two()
      expect(
        await tables.transact(table, [
          { kind: 'insert', row: one },
          { kind: 'insert', row: other },
        ]),
      ).toBe(true)
      const { etag } = await stored(one)
      const replaced = { ...one, values: { other: 'new' } }
      expect(await tables.transact(table, [{ kind: 'replace', row: replaced, etag }])).toBe(true)
      expect((await stored(one)).values).toEqual({ other: 'new' })
    })

    it('does nothing when a row to insert exists', async () => {
      const [one, other] = two()
      await tables.insert(table, other)
      expect(
        await tables.transact(table, [
          { kind: 'insert', row: one },
          { kind: 'insert', row: other },
        ]),
      ).toBe(false)
      expect(await tables.get(table, one)).toBeUndefined()
    })

    it('does nothing when somebody wrote a row since', async () => {
      const [one, other] = two()
      await tables.insert(table, one)
      const { etag } = await stored(one)
      const replace = { kind: 'replace', row: { ...one, values: { text: 'mine' } }, etag } as const
      expect(
        await tables.transact(table, [{ ...replace, row: { ...one, values: { text: 'theirs' } } }]),
      ).toBe(true)
      expect(await tables.transact(table, [{ kind: 'insert', row: other }, replace])).toBe(false)
      expect(await tables.get(table, other)).toBeUndefined()
      expect((await stored(one)).values).toEqual({ text: 'theirs' })
    })

    it('does nothing when a row to replace is absent', async () => {
      const [one, other] = two()
      await tables.insert(table, one)
      const { etag } = await stored(one)
      expect(
        await tables.transact(table, [
          { kind: 'insert', row: { ...one, row: 'three' } },
          { kind: 'replace', row: other, etag },
        ]),
      ).toBe(false)
      expect(await tables.get(table, { ...one, row: 'three' })).toBeUndefined()
    })

    it('takes a hundred writes of one partition, each of another row, and no more', async () => {
      const partition = `p${randomUUID()}`
      const inserts = (count: number) =>
        Array.from(
          { length: count },
          (_, index) => ({ kind: 'insert', row: { partition, row: `r${index}`, values: {} } }) as const,
        )
      const [first] = inserts(1)
      if (!first) throw new Error('There is no write.')
      const other = { ...first, row: { ...first.row, partition: `${partition}x` } }
      for (const wrong of [inserts(101), [first, first], [first, other]])
        await expect(tables.transact(table, wrong)).rejects.toThrow()
      expect(await tables.list(table, partition)).toEqual([])
      expect(await tables.transact(table, inserts(100))).toBe(true)
      expect(await tables.list(table, partition)).toHaveLength(100)
    })

    it('lets one of many racing transactions win', async () => {
      const [one, other] = two()
      await tables.insert(table, one)
      const { etag } = await stored(one)
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          tables.transact(table, [
            { kind: 'replace', row: { ...one, values: { winner: index } }, etag },
            { kind: 'insert', row: { ...other, values: { winner: index } } },
          ]),
        ),
      )
      expect(results.filter(Boolean)).toHaveLength(1)
      const winner = results.indexOf(true)
      expect([(await stored(one)).values['winner'], (await stored(other)).values['winner']]).toEqual([
        winner,
        winner,
      ])
    })
  })
}
