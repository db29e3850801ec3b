import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { oidText } from '../../../lib/x509/oidText.ts'

describe('oidText()', () => {
  it('repeats an object identifier of up to 64 characters', () => {
    expect(oidText('1.3.6.1.4.1.311.21.20')).toBe('1.3.6.1.4.1.311.21.20')
    const longest = `1.2.${'1'.repeat(60)}`
    expect(oidText(longest)).toBe(longest)
  })

  it('counts the characters of a longer one', () => {
    expect(oidText(`1.2.${'1'.repeat(61)}`)).toBe('(an object identifier of 65 characters)')
  })

  it('keeps the refusal of the request of 2026-11-21 short', () => {
    const file = new URL('../../incidents/2026-11-21-oid-fills-the-detail/request.der', import.meta.url)
    expect(() => verifyCsr(readFileSync(file))).toRefuse(
      'csr-key-refused',
      /its algorithm \(an object identifier of 48000 characters\) is not known\.$/,
    )
  })
})
