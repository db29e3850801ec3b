import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonRecords } from '../../../cli/ledger/readLog.ts'

/** Cuts a text into pieces, as a stream does. */
async function* cut(text: string, size: number): AsyncGenerator<string> {
  for (let index = 0; index < text.length; index += size) yield text.slice(index, index + size)
}

const read = async (text: string, size = 64 * 1024): Promise<readonly unknown[]> => {
  const found: unknown[] = []
  for await (const record of jsonRecords(cut(text, size))) found.push(record ?? 'malformed')
  return found
}

const records = [{ a: 1 }, { b: 'a "}{[ \\ ü\n', c: { d: [{ e: 1 }] } }, {}]
const lines = records.map((record) => JSON.stringify(record)).join('\n')

const forms = [
  ['JSON Lines', `${lines}\n`],
  ['JSON Lines without a last line end', lines],
  ['JSON Lines of Windows, with empty lines', `\r\n${lines.replaceAll('\n', '\r\n\r\n')}\r\n`],
  ['JSON Lines after a byte order mark', `\uFEFF${lines}`],
  ['an array', JSON.stringify(records)],
  ['an array on many lines', JSON.stringify(records, null, 2)],
  ['an array with Windows line ends', JSON.stringify(records, null, 2).replaceAll('\n', '\r\n')],
  ['records of an object', JSON.stringify({ records })],
  ['records of an object on many lines', JSON.stringify({ records }, null, 4)],
  [
    'objects on many lines, one after the other',
    records.map((one) => JSON.stringify(one, null, 2)).join('\n'),
  ],
] as const

describe('jsonRecords()', () => {
  it.each(forms)('reads %s, however it is cut', async (_, text) => {
    for (const size of [1, 2, 7, 300, 100_000]) expect(await read(text, size)).toEqual(records)
  })

  it('finds nothing in what is empty', async () => {
    for (const text of ['', '\n\n', '[]', '{"records": []}', ' [ ]\n']) expect(await read(text)).toEqual([])
  })

  it('tells of each line that is no object, and goes on', async () => {
    const text = '{"a":1}\n{"a":\nnull\n[1]\n"x"\n2026-03-02 started\n{"b":2}\n{"c"'
    expect(await read(text)).toEqual([
      { a: 1 },
      ...Array.from({ length: 5 }, () => 'malformed'),
      { b: 2 },
      'malformed',
    ])
  })

  it('tells when an array is cut off, or holds what is no object', async () => {
    expect(await read('[{"a":1},{"b":')).toEqual([{ a: 1 }, 'malformed'])
    expect(await read('[{"a":1},7,{"b":2},null]')).toEqual([{ a: 1 }, 'malformed', { b: 2 }, 'malformed'])
    expect(await read('[{"a":1},{b:2},{"c":3}]')).toEqual([{ a: 1 }, 'malformed', { c: 3 }])
  })

  it('reads any values, in any form, in pieces of any size', async () => {
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(
        objects,
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        async (values, size, isArray) => {
          const text = isArray
            ? JSON.stringify(values)
            : values.map((value) => JSON.stringify(value)).join('\n')
          // A first line `{"records":[` is the form of a file.
          fc.pre(!text.startsWith('{"records":['))
          expect(await read(text, size)).toEqual(JSON.parse(JSON.stringify(values)))
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each(['{"a":"', '[{"a":"'])(
    'refuses a record that never ends, without reading all of it: %s',
    async (start) => {
      let pieces = 0
      async function* endless(): AsyncGenerator<string> {
        yield start
        for (; pieces < 1_000; pieces++) yield 'x'.repeat(64 * 1024)
      }
      const reading = async () => {
        for await (const _ of jsonRecords(endless()));
      }
      await expect(reading()).toRefuse('usage-wrong', /longer than 1 MiB/)
      expect(pieces).toBeLessThan(20)
    },
  )
})
