import { isDeepStrictEqual } from 'node:util'
import type { NewRow, RowKey, StoredRow, Tables, Write } from '../store/tables.ts'
import { noPolicies, type PolicySet, policySetJson } from './policySet.ts'

/** A property holds 32 K UTF-16 units: cut between characters, of which each may be two. */
const cut = /.{1,15000}/gsu

/** So many parts have less than the 4 MiB of a transaction, however they are encoded; a call moves them in its time. */
const partsAtOnce = 64

/** Cuts a set into what single rows hold; into nothing where there are no policies, as before there were any. */
export const revisionParts = (set: PolicySet): readonly string[] =>
  isDeepStrictEqual(set, noPolicies) ? [] : (policySetJson(set).match(cut) ?? [])

/** The keys of the parts of a revision begin so: `revision~00000002~<hash>` has `part~00000002~<hash>~0001`. */
const prefixOf = (revision: string): string => `${revision.replace('revision~', 'part~')}~`

const partRow = (revision: string, number: number): string =>
  prefixOf(revision) + String(number).padStart(4, '0')

/** Lists some at a time: each call has a time of its own, and all of a large set may take longer than one. */
const listParts = async (tables: Tables, { partition, row }: RowKey): Promise<readonly StoredRow[]> => {
  const all: StoredRow[] = []
  for (let number = 1; ; number += partsAtOnce) {
    const [from, before] = [partRow(row, number), partRow(row, number + partsAtOnce)]
    const found = await tables.list('tenants', partition, { only: { from, before } })
    all.push(...found)
    if (found.length < partsAtOnce) return all
  }
}

/**
 * Reads the parts of the revision of a row, in their order. Whether they are those that were written, the name of the row
 * tells.
 * @throws {Refusal} `tables-unavailable`
 */
export const readParts = async (tables: Tables, revision: RowKey): Promise<readonly string[]> =>
  (await listParts(tables, revision)).map(({ values }) => String(values['json']))

const writeOf = (row: NewRow, there: readonly StoredRow[]): Write | undefined => {
  const found = there.find((one) => one.row === row.row)
  if (!found) return { kind: 'insert', row }
  return found.values['json'] === row.values['json'] ? undefined : { kind: 'replace', row, etag: found.etag }
}

/**
 * Writes the parts of a revision that is to come. Those that an attempt before left are not written again.
 * @returns whether they are all there.
 * @throws {Refusal} `tables-unavailable`
 */
export const writeParts = async (
  tables: Tables,
  revision: RowKey,
  parts: readonly string[],
): Promise<boolean> => {
  if (parts.length === 0) return true
  const there = await listParts(tables, revision)
  const rows = parts.map((json, index) => ({
    partition: revision.partition,
    row: partRow(revision.row, index + 1),
    values: { json },
  }))
  const writes = rows.map((row) => writeOf(row, there)).filter((write) => write !== undefined)
  for (let from = 0; from < writes.length; from += partsAtOnce)
    await tables.transact('tenants', writes.slice(from, from + partsAtOnce))
  return isDeepStrictEqual(await readParts(tables, revision), parts)
}
