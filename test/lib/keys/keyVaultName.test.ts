import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { keyVaultName } from '../../../lib/keys/keyVaultKeys.ts'

describe('keyVaultName()', () => {
  it.each([
    ['contoso.root-1', 'contoso--root-1'],
    ['contoso-eu.issuer-12', 'contoso-eu--issuer-12'],
    ['contoso-.root-1', 'contoso---root-1'],
    ['a--b.root-1', 'a--b--root-1'],
    ['root-1', 'root-1'],
    [`${'a'.repeat(63)}.issuer-9999-root-9999-es256`, `${'a'.repeat(63)}--issuer-9999-root-9999-es256`],
  ])('names %s %s', (name, expected) => {
    expect(keyVaultName(name)).toBe(expected)
  })

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a.b.c',
    'a--b',
    '-a',
    '-a.b',
    'a.-b',
    'a.b--c',
    'A.b',
    'a_b',
    'a.b\n',
    'a'.repeat(128),
  ])('refuses %j', (name) => {
    expect(() => keyVaultName(name)).toRefuse('signer-refused', /its name is not allowed/)
  })

  it('makes no two names one, and only names that Key Vault allows', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '1', '-', '.'), maxLength: 9 })
    const named = new Map<string, string>()
    const check = (name: string) => {
      try {
        const mapped = keyVaultName(name)
        expect(mapped).toMatch(/^[0-9a-zA-Z-]{1,127}$/)
        expect(named.get(mapped) ?? name).toBe(name)
        named.set(mapped, name)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
      }
    }
    fc.assert(fc.property(text, check), { numRuns: 20_000 })
    expect(named.size).toBeGreaterThan(500)
  })
})
