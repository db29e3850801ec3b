import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCompliancePolicies } from '../../../../lib/compliance/model/parseCompliancePolicies.ts'
import { pathOf } from '../../../../lib/policy/model/rejection.ts'
import { fuzzRuns } from '../../../fuzzRuns.ts'
import type { Members } from '../../../tenants.ts'

type Path = readonly (string | number)[]

const parse = (file: unknown, assignAll = false) => parseCompliancePolicies(file, { assignAll })

const { value: exported } = JSON.parse(
  readFileSync(new URL('exportedPolicies.json', import.meta.url), 'utf8'),
) as { readonly value: readonly Members[] }

/** The paths of all objects in a document. */
const objectsIn = (value: unknown, path: Path = []): readonly Path[] => {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((member, index) => objectsIn(member, [...path, index]))
  return [path, ...Object.entries(value).flatMap(([name, member]) => objectsIn(member, [...path, name]))]
}

const places = exported.flatMap((document) => objectsIn(document).map((path) => ({ document, path })))

/** Adds members to the object at a place. */
const grown = ({ document, path }: (typeof places)[number], members: Members): unknown => {
  const copy = structuredClone(document)
  Object.assign(path.reduce<unknown>((value, name) => (value as Members)[name], copy) as Members, members)
  return copy
}

describe('parseCompliancePolicies()', () => {
  it('has places to look at', () => expect(places).toHaveLength(35))

  it('ignores nothing that it does not know, wherever it stands', () => {
    for (const place of places)
      expect(parse(grown(place, { stranger: false, 'x@odata.bind': 'y' }))).toMatchObject({
        entries: [],
        rejections: ['stranger', 'x@odata.bind'].map((name) => ({
          path: pathOf('', [...place.path, name]),
          reason: 'is not supported',
        })),
      })
  })

  it('passes over what is not set, and what Graph tells beside, wherever it stands', () => {
    const noise = {
      a: null,
      b: [],
      c: {},
      d: '',
      e: { f: [], g: null },
      'x@odata.context': 'y',
      '@microsoft.graph.tips': 'x',
    }
    for (const place of places) expect(parse(grown(place, noise))).toEqual(parse(place.document))
  })

  it('takes or rejects whatever it gets, and takes what it stores for the same', () => {
    const names = fc.constantFrom(...Object.keys(Object.assign({}, ...exported) as Members))
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom<unknown>(
        true,
        7,
        'low',
        '14.6',
        '23G80',
        [{ lowestVersion: '10' }],
        [{ target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: 'x' } }],
      ),
    )
    const documents = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc
        .tuple(fc.constantFrom(...exported), fc.dictionary(names, values, { maxKeys: 4 }))
        .map(([document, changes]) => ({ ...document, ...changes })),
    )
    fc.assert(
      fc.property(documents, fc.boolean(), (document, assignAll) => {
        const { entries, rejections } = parse([document], assignAll)
        expect(entries.length > 0).toBe(rejections.length === 0)
        expect(parse(entries.map((entry) => entry.document)).entries).toEqual(entries)
      }),
      { numRuns: fuzzRuns(500) },
    )
  })
})
