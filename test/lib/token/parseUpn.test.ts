import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { parseUpn } from '../../../lib/token/parseUpn.ts'

const rules = { suffixes: ['contoso.example', 'kontor.example'], allowGuests: false }

/** Any UTF-16 code unit, lone surrogates included. */
const codeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))

/** Gives printable ASCII in lower case under a listed suffix, or refuses without an echo. */
const isRight = (value: string): boolean => {
  try {
    const upn = parseUpn(value, { ...rules, allowGuests: true })
    return upn === value.toLowerCase() && /^[\x21-\x3f\x5b-\x7e]+@(contoso|kontor)\.example$/.test(upn)
  } catch (error) {
    return error instanceof Refusal && (value.length < 5 || !error.message.includes(value))
  }
}

describe('parseUpn()', () => {
  it.each([
    ['alice@contoso.example', 'alice@contoso.example'],
    ["Alice.O'Hara-Smith_2@Contoso.EXAMPLE", "alice.o'hara-smith_2@contoso.example"],
    ['a!#^~b@kontor.example', 'a!#^~b@kontor.example'],
    [`${'a'.repeat(64)}@contoso.example`, `${'a'.repeat(64)}@contoso.example`],
  ])('gives %s in lower case', (value, upn) => expect(parseUpn(value, rules)).toBe(upn))

  it.each([
    'bob_evil.example#EXT#@contoso.example',
    'bob#ext#@contoso.example',
    'bob_evil.example_EXT_@contoso.example',
    'bob_evil.example_ext_1@contoso.example',
    'bob_ext_@contoso.example',
    'Live.com#bob@contoso.example',
    'mail#bob@contoso.example',
  ])('refuses the guest %s unless the tenant allows guests', (guest) => {
    expect(() => parseUpn(guest, rules)).toRefuse('upn-refused', /guest/)
    expect(parseUpn(guest, { ...rules, allowGuests: true })).toBe(guest.toLowerCase())
  })

  it.each([
    'bob_ext_smith',
    '_ext_bob',
    'bob.smith_ext_2',
    'bob-ext',
    'next_extra',
    'b_a._ext_x',
    'bob#live.com',
  ])('takes %s for no guest', (local) =>
    expect(parseUpn(`${local}@contoso.example`, rules)).toBe(`${local}@contoso.example`),
  )

  it('gives printable ASCII in lower case under a listed suffix, or refuses without an echo', () => {
    const local = fc.string({ unit: codeUnit, minLength: 1, maxLength: 12 })
    const suffix = fc.constantFrom('contoso.example', 'Kontor.example', '\u212aontor.example', 'evil.example')
    const name = fc.oneof(
      local,
      fc.tuple(local, suffix).map((parts) => parts.join('@')),
    )
    expect(() => fc.assert(fc.property(name, isRight), { numRuns: 1_000 })).not.toThrow()
  })
})
