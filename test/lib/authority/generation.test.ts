import { describe, expect, it } from 'vitest'
import {
  certificateOf,
  fromRow,
  generationId,
  generationNumber,
  isPublished,
  newGeneration,
  timeOf,
  toRow,
} from '../../../lib/authority/generation.ts'
import type { StoredRow } from '../../../lib/store/tables.ts'
import { generationOf, hierarchy } from './generations.ts'

const generation = generationOf('issuer~0012', 'retiring')
const stored = (changes: StoredRow['values'] = {}, key = {}): StoredRow => {
  const row = toRow(generation)
  return { ...row, ...key, etag: 'W/"1"', values: { ...row.values, ...changes } }
}

describe('toRow() and fromRow()', () => {
  it('store every property and read it back', () => {
    expect(fromRow(stored())).toEqual(generation)
  })

  it('store what the certificate does not say, and nothing twice', () => {
    expect(toRow(generation)).toEqual({
      partition: 'contoso',
      row: 'issuer~0012',
      values: {
        kind: 'issuer',
        state: 'retiring',
        certificate: hierarchy.issuerDer,
        algorithm: 'ES256',
        keyReference: 'local:contoso.issuer-0012',
        signedBy: 'root~0001',
        publishedSequence: 1,
        publishedAt: '2026-01-31T10:00:00.250Z',
        changedAt: '2026-01-31T10:00:00.250Z',
      },
    })
  })

  it.each([
    'bundle~current',
    'event~00000001',
    'cross~0002-0001',
    'root~1',
    'issuer~00001',
    'issuer~000x',
    'root',
  ])('pass over the row %s', (row) => {
    expect(fromRow(stored({}, { row }))).toBeUndefined()
  })

  it.each(['kind', 'state', 'algorithm'])('take a %s that is not known for a defect', (property) => {
    for (const value of ['new', '', 'Active', 1])
      expect(() => fromRow(stored({ [property]: value }))).toThrow(
        `The row contoso issuer~0012 has a ${property} that Mayfly does not know.`,
      )
  })

  it.each(['publishedAt', 'changedAt'])('take a %s that is no time for a defect', (property) => {
    for (const value of ['', 'soon', '2026-13-01T00:00:00Z'])
      expect(() => fromRow(stored({ [property]: value }))).toThrow(
        `The row contoso issuer~0012 has a ${property} that is no time.`,
      )
  })

  it('read no tenant whose label is none', () => {
    expect(() => fromRow(stored({}, { partition: '../contoso' }))).toThrow()
  })
})

describe('timeOf()', () => {
  it('reads RFC 3339, to the millisecond', () => {
    const at = new Date('2026-03-02T10:00:00.250Z')
    expect(timeOf(stored({ at: at.toISOString() }), 'at')).toEqual(at)
    expect(() => timeOf(stored(), 'at')).toThrow('has a at that is no time')
  })
})

describe('certificateOf()', () => {
  it('takes what cannot be read for a defect and not for a refusal', () => {
    expect(certificateOf(stored()).tbs).toEqual(generation.tbs)
    for (const certificate of ['text', 1, new Uint8Array(), Uint8Array.of(0x30, 0x00)])
      expect(() => certificateOf(stored({ certificate }))).toThrow(
        'The certificate of contoso issuer~0012 cannot be read.',
      )
  })
})

describe('newGeneration()', () => {
  it('reads the rest from the certificate and has no version yet', () => {
    const { digest, etag, tbs, ...parts } = generation
    expect(newGeneration(parts)).toEqual({ ...parts, tbs, digest, etag: '' })
    expect(etag).not.toBe('')
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
  })

  it('refuses a certificate that cannot be read', () => {
    expect(() => newGeneration({ ...generation, certificate: Uint8Array.of(1) })).toRefuse(
      'certificate-malformed',
    )
  })
})

describe('the ids of generations', () => {
  it('sort by age and tell their number', () => {
    const ids = [1, 2, 9, 10, 99, 100, 9999].map((number) => generationId('issuer', number))
    expect(ids.toSorted()).toEqual(ids)
    expect(ids.map((id) => generationNumber({ id }))).toEqual([1, 2, 9, 10, 99, 100, 9999])
  })
})

describe('isPublished()', () => {
  it.each([
    ['staged', true],
    ['active', true],
    ['retiring', true],
    ['retired', false],
    ['tainted', false],
  ] as const)('%s: %s', (state, published) => {
    expect(isPublished({ state })).toBe(published)
  })
})
