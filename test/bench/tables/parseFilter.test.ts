import { describe, expect, it } from 'vitest'
import { parseFilter } from '../../../bench/tables/parseFilter.ts'

const row: Readonly<Record<string, unknown>> = { PartitionKey: "p'1", RowKey: 'r', state: 'x', number: 5 }

describe('parseFilter()', () => {
  it.each<readonly [string, boolean]>([
    ["state eq 'x'", true],
    ["state ne 'x'", false],
    ["state ge 'x' and state le 'x'", true],
    ["state gt 'x' or state lt 'x'", false],
    ["PartitionKey eq 'p''1'", true],
    // `and` binds closer than `or`, RFC or no RFC: OData 4.01 section 5.1.1.
    ["state eq 'x' or state eq 'y' and state eq 'y'", true],
    ["(state eq 'x' or state eq 'y') and state eq 'y'", false],
    ["missing eq 'x'", false],
    ["missing ne 'x'", false],
    ["number eq '5'", false],
  ])('holds a row against %s: %s', (text, matches) => {
    expect(parseFilter(text)?.matches((name) => row[name])).toBe(matches)
  })

  it.each<readonly [string, string | undefined]>([
    ["PartitionKey eq 'p' and RowKey ge 'r'", 'p'],
    ["RowKey ge 'r' and PartitionKey eq 'p'", 'p'],
    ["PartitionKey eq 'p' and (RowKey lt 'a' or RowKey ge 'b')", 'p'],
    ["PartitionKey eq 'p' or PartitionKey eq 'q'", undefined],
    ["PartitionKey ge 'p'", undefined],
  ])('of %s it names the one partition that can match: %s', (text, partition) => {
    expect(parseFilter(text)?.partition).toBe(partition)
  })

  it.each([
    '',
    'state',
    "state eq 'x",
    "state like 'x'",
    "state eq 'x' and",
    "(state eq 'x'",
    "state eq 'x')",
    'n eq 5',
  ])('gives nothing for %j', (text) => expect(parseFilter(text)).toBeUndefined())
})
