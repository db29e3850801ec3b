import { describe, expect, it, vi } from 'vitest'
import { parseJson } from '../../../lib/json/parseJson.ts'

const refuse = (why: string) => new Error(why)

/** Counts the characters that are looked at, searched or copied while something is done. */
const charactersOf = (act: () => unknown): number => {
  // oxlint-disable-next-line typescript/unbound-method -- each is called on a text
  const { charCodeAt, slice, indexOf, includes } = String.prototype
  const parse = vi.spyOn(JSON, 'parse')
  let characters = 0
  Object.assign(String.prototype, {
    charCodeAt(this: string, index: number) {
      characters += 1
      return charCodeAt.call(this, index)
    },
    slice(this: string, ...range: readonly [number?, number?]) {
      const part = slice.apply(this, [...range])
      characters += part.length
      return part
    },
    indexOf(this: string, wanted: string, from = 0) {
      const found = indexOf.call(this, wanted, from)
      characters += (found < 0 ? this.length : found + 1) - from
      return found
    },
    includes(this: string, wanted: string) {
      characters += this.length
      return includes.call(this, wanted)
    },
  })
  try {
    act()
  } finally {
    Object.assign(String.prototype, { charCodeAt, slice, indexOf, includes })
    for (const [text] of parse.mock.calls) characters += text.length
    parse.mockRestore()
  }
  return characters
}

/** Documents of any length. */
const families: Readonly<Record<string, (n: number) => string>> = {
  members: (n) => `{${Array.from({ length: n }, (_, index) => `"m${index}":1`).join(',')}}`,
  items: (n) => `[${Array.from({ length: n }, () => '7').join(',')}]`,
  'items in groups': (n) => `[${Array.from({ length: n / 4 }, () => '[[[[true]]]]').join(',')}]`,
  'the characters of one text': (n) => `"${'x'.repeat(n)}"`,
  'the escapes of one text': (n) => `"${String.raw`\"`.repeat(n)}"`,
  'texts with escapes': (n) => `[${Array.from({ length: n }, () => String.raw`"\n"`).join(',')}]`,
  'the digits of one number': (n) => '7'.repeat(n),
  spaces: (n) => `[1,${' '.repeat(n)}2]`,
}

describe('parseJson() looks at each character a bounded number of times:', () => {
  it.each(Object.entries(families))('%s', (_, family) => {
    const [small, large] = [family(4_000), family(8_000)]
    const looks = (text: string) => charactersOf(() => parseJson(Buffer.from(text), refuse))
    const once = looks(small)
    // Each character is looked at once or more, or this counts nothing.
    expect(once).toBeGreaterThan(small.length)
    expect(once).toBeLessThanOrEqual(12 * small.length)
    expect(looks(large)).toBeLessThanOrEqual(2.2 * once)
  })
})
