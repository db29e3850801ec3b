import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differencesBetween } from '../../../lib/tenant/difference.ts'
import '../../fastCheck.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'

describe('differencesBetween()', () => {
  it.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, []],
    [{ a: { b: [1] } }, { a: { b: [2] } }, [['a.b[0]', 1, 2]]],
    [{ a: 1 }, {}, [['a', 1, undefined]]],
    [{}, { 'x y': null }, [['"x y"', undefined, null]]],
    [['a', 'b', 'c'], ['a', 'c', 'd'], [['[1]', 'b', 'd']]],
    [['a', 'a'], ['a'], [['[1]', 'a', undefined]]],
    [['a', 'b'], ['b', 'a'], [['', ['a', 'b'], ['b', 'a']]]],
    [[{ a: 1, b: 1 }, { a: 2 }], [{ a: 2 }, { a: 1, b: 3 }], [['[0].b', 1, 3]]],
    [{ a: [] }, { a: {} }, [['a', [], {}]]],
    [{}, JSON.parse('{"__proto__":{}}') as unknown, [['__proto__', undefined, {}]]],
  ])('of %j and %j', (before, after, expected) => {
    expect(differencesBetween(before, after).map((one) => [one.path, one.before, one.after])).toEqual(
      expected,
    )
  })

  it('are none exactly when the documents are the same', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(json, json, (one, other) => {
        // -0 is written as 0.
        const [before, after] = [one, other].map((value) => JSON.parse(JSON.stringify(value)) as unknown)
        expect(differencesBetween(before, before)).toEqual([])
        expect(differencesBetween(before, after).length === 0).toBe(isDeepStrictEqual(before, after))
      }),
      { numRuns: fuzzRuns(300) },
    )
  })
})
