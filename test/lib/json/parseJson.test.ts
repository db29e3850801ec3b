import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxJsonDepth, parseJson } from '../../../lib/json/parseJson.ts'

const parse = (text: string | Uint8Array): unknown =>
  parseJson(Buffer.from(text), (why) => new Error(`The document ${why}.`))

describe('parseJson() bounds the number of values:', () => {
  const few = (text: string) => parseJson(Buffer.from(text), (why) => new Error(`The document ${why}.`), 3)

  it.each([
    '[1,2,3]',
    '{"a":1,"b":2,"c":3}',
    '[[[]]]',
    '{"a":[1],"b":","}',
    '["\\",\\"[{,,,,"]',
    '[",,,[[{{"]',
  ])('takes %s', (text) => expect(few(text)).toEqual(JSON.parse(text)))

  it.each([
    '[1,2,3,4]',
    '{"a":1,"b":2,"c":3,"d":4}',
    '[[[[]]]]',
    '[{},{}]',
    '{"a":[1],"b":[2]}',
    ',,,,',
    '["\\\\",1,2,3]',
  ])('refuses %s before it is parsed', (text) =>
    expect(() => few(text)).toThrow('has more than 3 members and items'),
  )
})

/** A JSON value before it is written: unlike a parsed one, its members may share a name. */
type Tree =
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
  | { readonly kind: 'array'; readonly items: readonly Tree[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [Text, Tree])[] }

/** A string with what decides, character by character, whether it is written as an escape. */
interface Text {
  readonly value: string
  readonly escapes: readonly boolean[]
}

/** Few characters, so that names coincide; those among them that JSON itself is made of. */
const value = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab:"\\{}[],é\n'.split('')), maxLength: 2 }),
  fc.constantFrom('__proto__', 'constructor', '\ud800', '\u{1f600}'),
)
const text: fc.Arbitrary<Text> = fc.record({
  value,
  escapes: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
})

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({
      kind: fc.constant('scalar' as const),
      value: fc.oneof(value, fc.integer(), fc.constantFrom(1e300, -0.5, true, false, null)),
    }),
    fc.record({ kind: fc.constant('array' as const), items: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('object' as const),
      members: fc.array(fc.tuple(text, tie('tree')), { maxLength: 4 }),
    }),
  ),
}))

const unitEscape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Writes a name, some of its UTF-16 code units as escapes. */
const writeText = ({ value: name, escapes }: Text): string =>
  `"${name
    .split('')
    .map((unit, index) => (escapes[index] ? unitEscape(unit) : JSON.stringify(unit).slice(1, -1)))
    .join('')}"`

const write = (node: Tree): string => {
  switch (node.kind) {
    case 'scalar':
      return JSON.stringify(node.value)
    case 'array':
      return `[${node.items.map(write).join(' ,')}]`
    case 'object':
      return `{${node.members.map(([name, member]) => `${writeText(name)}\n: ${write(member)}`).join(', ')}}`
  }
}

/** The naive reference: looks at the names themselves, object by object. */
const hasTwins = (node: Tree): boolean => {
  switch (node.kind) {
    case 'scalar':
      return false
    case 'array':
      return node.items.some(hasTwins)
    case 'object': {
      const names = node.members.map(([name]) => name.value)
      return new Set(names).size < names.length || node.members.some(([, member]) => hasTwins(member))
    }
  }
}

/** The value that a tree without twins stands for. */
const valueOf = (node: Tree): unknown => {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'array':
      return node.items.map(valueOf)
    case 'object':
      return Object.fromEntries(node.members.map(([name, member]) => [name.value, valueOf(member)]))
  }
}

describe('parseJson()', () => {
  it('refuses exactly the texts in which an object has two members of one name', () => {
    const seen = { refused: 0, read: 0 }
    const property = fc.property(tree, (node) => {
      const written = write(node)
      if (hasTwins(node)) {
        seen.refused += 1
        expect(() => parse(written)).toThrow('The document has two members of one name.')
      } else {
        seen.read += 1
        // As text, because the matcher takes a member called "constructor" for a class.
        expect(JSON.stringify(parse(written))).toBe(JSON.stringify(valueOf(node)))
      }
    })
    fc.assert(property, { numRuns: 2_000 })
    expect(seen.refused).toBeGreaterThan(100)
    expect(seen.read).toBeGreaterThan(500)
  })

  it.each([
    ['side by side', '{"a":1,"a":1}'],
    ['with others between them', '{"a":1,"b":2,"c":3,"a":4}'],
    ['in an inner object', '{"x":{"y":{"a":1,"a":2}}}'],
    ['in an object of an array', '[1,[{"a":1,"a":2}]]'],
    ['that are equal only after unescaping', String.raw`{"a":1,"\u0061":2}`],
    ['that are empty', '{"":1,"":2}'],
    ['called __proto__', '{"__proto__":1,"__proto__":{"a":1}}'],
    ['whose first value has members of its own', '{"a":{"b":1,"c":2},"a":3}'],
    ['whose last value has members of its own', '{"a":3,"a":{"b":1,"c":2}}'],
  ])('refuses two members of one name %s', (_, document) =>
    expect(() => parse(document)).toThrow('two members of one name'),
  )

  it.each([
    ['names that differ in case', '{"a":1,"A":2}'],
    ['names that differ in their Unicode normalization', '{"\u00e9":1,"e\u0301":2}'],
    ['the same name in different objects', '{"a":{"a":{"a":[{"a":1},{"a":2}]}}}'],
    ['colons and braces in strings', String.raw`{"a:{[":"\":\\","b":":]}"}`],
    ['__proto__, as a member like others', '{"__proto__":{"admin":true},"a":1}'],
    ['scalars', ' "x" '],
    ['escapes of lone surrogates', String.raw`["\ud800"]`],
  ])('reads %s', (_, document) => expect(parse(document)).toStrictEqual(JSON.parse(document)))

  it('reads names with escapes as they are, whatever was read before (nodejs/node issue 63785)', () => {
    // JSON.parse() takes the last name of a document for that of the one before it, in V8 13.6.
    const documents = [
      [String.raw`{"one":"a","\\u00":1}`, String.raw`{"one":"a","\u006fnex":2}`, 'onex'],
      [String.raw`{"two":[],"\\":0}`, String.raw`{"two":1,"\"":2}`, '"'],
      [String.raw`{"three":1,"a\\":0}`, String.raw`{"three":1,"a\/":2}`, 'a/'],
    ] as const
    for (const [before, document, name] of documents) {
      parse(before)
      expect(Object.keys(parse(document) as object)[1]).toBe(name)
    }
    parse(String.raw`{"four":1,"\\u00":1}`)
    expect(() => parse(String.raw`{"four":1,"\u0066our":2}`)).toThrow('two members of one name')
  })

  it('reads what JSON.stringify() writes', () => {
    const property = fc.property(fc.jsonValue({ maxDepth: 5 }), (written) => {
      const document = JSON.stringify(written)
      expect(JSON.stringify(parse(document))).toBe(document)
      expect(JSON.stringify(parse(JSON.stringify(written, null, 2)))).toBe(document)
    })
    expect(() => fc.assert(property, { numRuns: 1_000 })).not.toThrow()
  })

  it('keeps __proto__ from being a prototype', () => {
    const document = parse('{"__proto__":{"admin":true}}')
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype)
    expect((document as { admin?: unknown }).admin).toBeUndefined()
  })

  it('reads 32 levels and refuses more, arrays and objects alike', () => {
    const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    for (const nested of [arrays, objects]) {
      expect(parse(nested(maxJsonDepth))).toBeDefined()
      for (const depth of [maxJsonDepth + 1, 200_000])
        expect(() => parse(nested(depth))).toThrow('nested more than 32 levels deep')
    }
    expect(parse(`[${'[],'.repeat(100)}"${'['.repeat(100)}"]`)).toHaveLength(101)
  })

  it('passes over one byte order mark, and refuses what is not UTF-8', () => {
    expect(parse('\ufeff{}')).toEqual({})
    expect(() => parse('\ufeff\ufeff{}')).toThrow('is not JSON')
    expect(() => parse(Buffer.from('{}', 'utf16le'))).toThrow('is UTF-16: use Out-File -Encoding utf8')
    for (const octets of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]])
      expect(() => parse(Buffer.from([0x22, ...octets, 0x22]))).toThrow('is not UTF-8')
  })

  it.each([
    '',
    ' ',
    '{',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    '[1,]',
    'NaN',
    '01',
    '// x\n{}',
    '"\n"',
    '{} {}',
    '"',
  ])('refuses %j', (document) => expect(() => parse(document)).toThrow('The document is not JSON.'))

  it('gives a value or the error it was asked to give, whatever the octets, and tells nothing of them', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.json().map((document) => Buffer.from(document)),
      fc
        .string({ unit: fc.constantFrom(...'{}[]":,\\u0a1'.split('')), maxLength: 20 })
        .map((s) => Buffer.from(s)),
    )
    const told = new Set(['is not UTF-8', 'is not JSON', 'has two members of one name'])
    const property = fc.property(octets, (document) => {
      try {
        parseJson(document, (why) => new TypeError(why))
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
        expect(told).toContain((error as Error).message)
      }
    })
    expect(() => fc.assert(property, { numRuns: 2_000 })).not.toThrow()
  })
})
