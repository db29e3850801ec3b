import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodePem, parsePem } from '../../../lib/x509/pemBlock.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyOctets } from './fixtures/arbitraries.ts'
import { textMutationsOf } from './fixtures/mutations.ts'
import { hex } from './fixtures/octets.ts'

const sizes = [1, 2, 3, 47, 48, 49, 300]
const ders = sizes.map((size) => Uint8Array.from({ length: size }, (_, index) => (index * 73) & 0xff))
const written = ders.map((der) => encodePem('CERTIFICATE REQUEST', der))
const chain = ders.map((der) => `subject=x\n${encodePem('CERTIFICATE', der)}\n`).join('text\r\n')
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.base64String({ maxLength: 200 }))

/** What the lax grammar of RFC 7468 section 3 leaves of a text: its digits. */
const digitsOf = (text: string) => text.replaceAll(/[\s=]/g, '').replaceAll('-', '+').replaceAll('_', '/')

describe('parsePem()', () => {
  it('throws nothing, and what it reads stands in the text', () => {
    let read = 0
    const texts = fc.oneof({ weight: 9, arbitrary: textMutationsOf([...written, chain]) }, anyText)
    fc.assert(
      fc.property(texts, (text) => {
        for (const { label, der } of parsePem(text)) {
          expect(text).toContain(`-----BEGIN ${label}-----`)
          if (!der) continue
          read += 1
          expect(digitsOf(text)).toContain(digitsOf(Buffer.from(der).toString('base64')))
        }
      }),
      { numRuns: fuzzRuns(3000) },
    )
    expect(read).toBeGreaterThan(1000)
  })

  it('reads back every chain', () => {
    const bytes = anyOctets(200).filter(({ length }) => length > 0)
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), (certificates) => {
        const text = certificates.map((der) => encodePem('CERTIFICATE', der)).join('')
        expect(parsePem(text).map(({ der }) => der && hex(der))).toEqual(certificates.map(hex))
      }),
      { numRuns: fuzzRuns(200) },
    )
  })
})
