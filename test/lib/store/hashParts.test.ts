import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashParts } from '../../../lib/store/hashParts.ts'

const parts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\u0001', 'ä'), maxLength: 4 }), {
  maxLength: 4,
})

describe('hashParts()', () => {
  it('is SHA-256 over each part with its length in octets before it', () => {
    const input = Buffer.from([0, 0, 0, 1, 0x61, 0, 0, 0, 0, 0, 0, 0, 2, 0xc3, 0xa4])
    expect(hashParts('a', '', 'ä')).toBe(createHash('sha256').update(input).digest('hex'))
  })

  it('tells lists apart whose parts join to the same text', () => {
    const lists = [[], [''], ['', ''], ['ab'], ['a', 'b'], ['', 'ab'], ['ab', ''], ['a', '', 'b']]
    expect(new Set(lists.map((list) => hashParts(...list))).size).toBe(lists.length)
  })

  it('gives two lists the same hash only if they are the same', () => {
    const property = fc.property(
      parts,
      parts,
      (a, b) => (hashParts(...a) === hashParts(...b)) === (JSON.stringify(a) === JSON.stringify(b)),
    )
    expect(() => fc.assert(property, { numRuns: 1_000 })).not.toThrow()
  })
})
