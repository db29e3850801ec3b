import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDropList } from '../../../lib/drops/parseDropList.ts'
import { dropList, dropsDocument } from '../../client/drops/dropsWorld.ts'

const parse = (document: unknown) => parseDropList(document, (why) => new RangeError(why))

const withDrop = (changes: object) =>
  dropsDocument({ drops: [{ ...dropList.drops[1], at: '2026-03-02T10:00:00Z', until: null, ...changes }] })

describe('parseDropList()', () => {
  it('reads a list, and passes over what is new', () => {
    expect(parse(dropsDocument())).toEqual(dropList)
    const newer = dropsDocument({ mood: 'well', drops: [{ ...dropsDocument().drops[0], colour: 'red' }] })
    expect(parse(newer)).toEqual({ ...dropList, drops: [dropList.drops[0]] })
    expect(parse(dropsDocument({ sequence: 0, drops: [] }))).toMatchObject({ sequence: 0, drops: [] })
  })

  it('compares names and values in lower case', () => {
    const users = [{ upn: 'ADA@Contoso.example', objectId: 'ABCDEF' }]
    expect(parse(withDrop({ value: 'EVE@contoso.example', users })).drops).toMatchObject([
      { value: 'eve@contoso.example', users: [{ upn: 'ada@contoso.example', objectId: 'abcdef' }] },
    ])
  })

  it.each<[string, unknown, RegExp]>([
    ['no object', 'text', /^has no tenant that is a text/],
    ['nothing', null, /^has no tenant/],
    ['a list', [], /^has no tenant/],
    ['no tenant', dropsDocument({ tenant: undefined }), /^has no tenant/],
    ['no sequence', dropsDocument({ sequence: undefined }), /^has no sequence that is a whole number$/],
    ['a sequence that is text', dropsDocument({ sequence: '7' }), /^has no sequence/],
    ['a negative sequence', dropsDocument({ sequence: -1 }), /^has no sequence/],
    ['a sequence that is no number of its own', dropsDocument({ sequence: 2 ** 53 }), /^has no sequence/],
    ['half a hint', dropsDocument({ hintSeconds: 0.5 }), /^has no hintSeconds/],
    ['no drops', dropsDocument({ drops: undefined }), /^has no drops that is a list$/],
    ['drops that are an object', dropsDocument({ drops: { length: 0 } }), /^has no drops/],
    ['an entry that is none', dropsDocument({ drops: [null] }), /^has no drops\[0\]\.kind/],
    [
      'another kind',
      withDrop({ kind: 'group' }),
      /^has no drops\[0\]\.kind that is one of user, device, key$/,
    ],
    ['no value', withDrop({ value: '' }), /^has no drops\[0\]\.value/],
    ['a long value', withDrop({ value: 'x'.repeat(513) }), /^has no drops\[0\]\.value/],
    ['no time', withDrop({ at: null }), /^has no drops\[0\]\.at/],
    ['a time that is none', withDrop({ at: '2026-02-30T10:00:00Z' }), /\.at that is a time of RFC 3339$/],
    ['no end', withDrop({ until: undefined }), /^has no drops\[0\]\.until/],
    ['no users', withDrop({ users: undefined }), /^has no drops\[0\]\.users that is a list$/],
    [
      'a user without a name',
      withDrop({ users: [{ objectId: null }] }),
      /^has no drops\[0\]\.users\[0\]\.upn/,
    ],
    [
      'a user without the other',
      withDrop({ users: [{ upn: 'a@b' }] }),
      /users\[0\]\.objectId that is a text/,
    ],
  ])('refuses a document with %s, whole', (_, document, why) => {
    expect(() => parse(document)).toThrow(RangeError)
    expect(() => parse(document)).toThrow(why)
  })

  it('throws nothing else, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.object({ key: fc.constantFrom(...Object.keys(dropsDocument()), 'kind', 'users') }),
        (document) => {
          expect(() => parse(dropsDocument({ drops: [document] }))).toThrow(RangeError)
        },
      ),
      { numRuns: 100 },
    )
  })
})
