import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { decodeBase64, encodePem, parseCsrPem, parsePemCertificates } from '../../../lib/x509/pem.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyOctets } from './fixtures/arbitraries.ts'
import { textMutationsOf } from './fixtures/mutations.ts'
import { hex } from './fixtures/octets.ts'

const labels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']
const sizes = [1, 2, 3, 47, 48, 49, 300]
const ders = sizes.map((size) => Uint8Array.from({ length: size }, (_, index) => (index * 73) & 0xff))
const requests = ders.flatMap((der) => labels.map((label) => encodePem(label, der)))
const chains = [
  ders.map((der) => encodePem('CERTIFICATE', der)).join(''),
  ders.map((der) => `subject=x\n${encodePem('CERTIFICATE', der)}\n`).join('text\r\n'),
]

/** What a parser returns, or undefined where it refuses; anything thrown but a Refusal goes through. */
const unlessRefused = <T>(parse: () => T): T | undefined => {
  try {
    return parse()
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const withoutBreaks = (text: string) => text.replaceAll(/[\r\n]/g, '')
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.base64String({ maxLength: 200 }))

describe('parseCsrPem()', () => {
  it('throws only Refusal, or reads what is written the same but for white space', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: textMutationsOf(requests) }, anyText), (text) => {
        const der = unlessRefused(() => parseCsrPem(text, labels))
        if (!der) return
        accepted += 1
        const written = labels.map((label) => withoutBreaks(encodePem(label, der)))
        expect(written).toContain(withoutBreaks(text).trim())
      }),
      { numRuns: fuzzRuns(3000), examples: requests.map((text): [string] => [text]) },
    )
    expect(accepted).toBeGreaterThan(requests.length)
  })
})

describe('parsePemCertificates()', () => {
  it('throws only Refusal, and what it reads stands in the text as it is written', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: textMutationsOf(chains) }, anyText), (text) => {
        const certificates = unlessRefused(() => parsePemCertificates(text))
        if (!certificates) return
        accepted += 1
        expect(certificates).toHaveLength(text.split('-----BEGIN CERTIFICATE-----').length - 1)
        const written = certificates.map((der) => withoutBreaks(encodePem('CERTIFICATE', der)))
        for (const one of written) expect(withoutBreaks(text)).toContain(one)
      }),
      { numRuns: fuzzRuns(1500) },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('reads back every chain', () => {
    const bytes = anyOctets(200).filter(({ length }) => length > 0)
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), (chain) => {
        const text = chain.map((der) => encodePem('CERTIFICATE', der)).join('')
        expect(parsePemCertificates(text).map(hex)).toEqual(chain.map(hex))
      }),
      { numRuns: fuzzRuns(200) },
    )
  })
})

describe('decodeBase64()', () => {
  it('throws nothing, and reads only what is encoded the same', () => {
    const texts = textMutationsOf(ders.map(base64Of))
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof({ weight: 5, arbitrary: texts }, anyText), (text) => {
        const decoded = decodeBase64(text)
        if (!decoded) return
        accepted += 1
        expect(base64Of(decoded)).toBe(withoutBreaks(text))
      }),
      { numRuns: fuzzRuns(3000) },
    )
    expect(accepted).toBeGreaterThan(100)
  })
})
