import { describe, expect, it } from 'vitest'
import { crossFromRow, crossId, crossRow, publishedCross } from '../../../lib/authority/crossCertificate.ts'
import type { GenerationState } from '../../../lib/authority/generation.ts'
import { crossOf, generationOf } from './generations.ts'

const cross = crossOf('root~0002', 'root~0001')
const stored = { ...crossRow(cross), etag: 'W/"1"' }

describe('crossRow() and crossFromRow()', () => {
  it('store a cross certificate and read it back', () => {
    expect(stored).toMatchObject({ partition: 'contoso', row: 'cross~0002-0001' })
    expect(crossFromRow(stored, cross.tenant)).toEqual(cross)
  })

  it.each(['root~0001', 'cross~2-1', 'cross~0002-0001-0003', 'bundle~current'])(
    'pass over the row %s',
    (row) => {
      expect(crossFromRow({ ...stored, row }, cross.tenant)).toBeUndefined()
    },
  )

  it('take a certificate that cannot be read for a defect', () => {
    const values = { ...stored.values, certificate: Uint8Array.of(1) }
    expect(() => crossFromRow({ ...stored, values }, cross.tenant)).toThrow(
      'The certificate of contoso cross~0002-0001 cannot be read.',
    )
  })
})

describe('crossId()', () => {
  it('names the subject first', () => {
    expect(crossId('root~0012', 'root~0003')).toBe('cross~0012-0003')
  })
})

describe('publishedCross()', () => {
  const states: readonly GenerationState[] = ['staged', 'active', 'retiring', 'retired', 'tainted']
  const isHeld = (state: GenerationState) => ['staged', 'active', 'retiring'].includes(state)
  const cases = states.flatMap((subject) =>
    states.map((signedBy) => [subject, signedBy, isHeld(subject) && isHeld(signedBy)] as const),
  )

  it.each(cases)('of a %s root by a %s root: %s', (subject, signedBy, published) => {
    const roots = [generationOf('root~0001', signedBy), generationOf('root~0002', subject)]
    expect(publishedCross(roots, [cross])).toEqual(published ? [cross] : [])
  })

  it('not of a root that is missing', () => {
    expect(publishedCross([generationOf('root~0001', 'active')], [cross])).toEqual([])
  })
})
