import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'

const outcome = (value: string): string => {
  try {
    return parseTenantId(value)
  } catch (error) {
    return error instanceof Refusal ? `${error.code} ${error.detail}` : 'fault'
  }
}

/** Any UTF-16 code unit, lone surrogates included. */
const codeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))

const letters = new Set('abcdefghijklmnopqrstuvwxyz0123456789-')

/** An id that is a label is given back; any other is refused without an echo. */
const isRight = (id: string): boolean => {
  const told = outcome(id)
  const isLabel =
    id !== '' && id.length <= 63 && !id.startsWith('-') && id.split('').every((c) => letters.has(c))
  return isLabel ? told === id : told.startsWith('tenant-unknown') && (id.length < 4 || !told.includes(id))
}

describe('parseTenantId()', () => {
  it.each(['a', '0', 'contoso', 'contoso-eu-2', 'a-', 'a'.repeat(63)])('accepts %s', (id) =>
    expect(parseTenantId(id)).toBe(id),
  )

  it.each([
    '',
    '-a',
    'A',
    'contosO',
    'a_b',
    'a.b',
    'a/b',
    'a#b',
    'a~b',
    'a b',
    ' a',
    'a\n',
    'ä',
    '\u0430',
    '..',
    'a'.repeat(64),
  ])('refuses %j', (id) => {
    expect(() => parseTenantId(id)).toRefuse('tenant-unknown')
  })

  it('accepts exactly the labels of the design, and echoes nothing else', () => {
    const value = fc.oneof(
      fc.string({ unit: codeUnit, maxLength: 70 }),
      fc.string({ unit: fc.constantFrom('a', 'z', '0', '9', '-', 'A', '_', '~', '\n'), maxLength: 70 }),
    )
    expect(() => fc.assert(fc.property(value, isRight), { numRuns: 1_000 })).not.toThrow()
  })
})
