import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseUpn } from '../../../lib/token/parseUpn.ts'

const upn = readFileSync(new URL('upn.txt', import.meta.url), 'utf8')
const rules = { suffixes: ['contoso.example'], allowGuests: false }

describe('a user principal name with two dots together', () => {
  it('is refused', () => {
    expect(() => parseUpn(upn, rules)).toRefuse('upn-refused', /characters/)
  })

  it('is taken with one', () => {
    expect(parseUpn(upn.replace('..', '.'), rules)).toBe('a.b@contoso.example')
  })
})
