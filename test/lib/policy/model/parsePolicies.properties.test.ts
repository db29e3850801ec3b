import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePolicies } from '../../../../lib/policy/model/parsePolicies.ts'
import { pathOf } from '../../../../lib/policy/model/rejection.ts'
import { fuzzRuns } from '../../../fuzzRuns.ts'
import { changedPolicy } from './changedPolicy.ts'

type Members = Record<string, unknown>
type Path = readonly (string | number)[]

const parse = (file: unknown) => parsePolicies(file, { applicationIds: [], denyUnprovable: true })

const exported = (
  JSON.parse(readFileSync(new URL('graphPolicies.json', import.meta.url), 'utf8')) as { value: unknown[] }
).value.filter((document) => parse(document).entries[0]?.value.never === undefined)

/** The paths of all objects in a document; nobody looks into session controls that mean nothing. */
const objectsIn = (value: unknown, path: Path = []): readonly Path[] => {
  if (typeof value !== 'object' || value === null || path.includes('persistentBrowser')) return []
  const inner = Array.isArray(value)
    ? value.flatMap((member, index) => objectsIn(member, [...path, index]))
    : Object.entries(value).flatMap(([name, member]) => objectsIn(member, [...path, name]))
  return Array.isArray(value) ? inner : [path, ...inner]
}

const places = exported.flatMap((document) => objectsIn(document).map((path) => ({ document, path })))

/** Adds members to the object at a place. */
const grown = ({ document, path }: (typeof places)[number], members: Members): unknown => {
  const copy = structuredClone(document)
  const found = path.reduce<unknown>((value, name) => (value as Members)[name], copy)
  Object.assign(found as Members, members)
  return copy
}

describe('parsePolicies()', () => {
  it('has places to look at', () => expect(places).toHaveLength(49))

  it('ignores nothing that it does not know, wherever it stands', () => {
    for (const place of places)
      expect(parse(grown(place, { stranger: 0, 'x@odata.bind': 'y' }))).toMatchObject({
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
      '@odata.type': 'x',
      'users@odata.context': 'x',
      '@microsoft.graph.tips': 'x',
    }
    for (const place of places) expect(parse(grown(place, noise))).toEqual(parse(place.document))
  })

  it('takes or rejects whatever it gets, and each document once', () => {
    const values = fc.jsonValue({ maxDepth: 3 })
    const names = fc.constantFrom(
      'state',
      'id',
      'conditions',
      'conditions.users.includeUsers',
      'conditions.applications',
      'conditions.clientAppTypes',
      'conditions.locations',
      'conditions.devices.deviceFilter',
      'conditions.insiderRiskLevels',
      'grantControls',
      'grantControls.authenticationStrength',
      'sessionControls.signInFrequency',
    )
    const documents = fc.oneof(
      values,
      fc.tuple(names, values).map(([name, value]) => changedPolicy({ [name]: value })),
    )
    fc.assert(
      fc.property(documents, (document) => {
        const { entries, rejections } = parse([document])
        expect(entries.length > 0).toBe(rejections.length === 0)
        expect(parse(entries.map((entry) => entry.document)).entries).toEqual(entries)
      }),
      { numRuns: fuzzRuns(500) },
    )
  })
})
