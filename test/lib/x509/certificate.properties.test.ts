import { sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type Certificate, encodeCertificate, parseCertificate } from '../../../lib/x509/certificate.ts'
import { DerError } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { encodeElement } from '../../../lib/x509/encodeElement.ts'
import {
  encodeTbsCertificate,
  parseTbsCertificate,
  type TbsCertificate,
} from '../../../lib/x509/tbsCertificate.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyDer, anyOctets } from './fixtures/arbitraries.ts'
import { corpusCertificates, corpusKeys, corpusTbs } from './fixtures/corpus.ts'
import { derMutationsOf, editElement, everyElement } from './fixtures/mutations.ts'
import { hex } from './fixtures/octets.ts'

const validTbs = [
  encodeTbsCertificate(corpusTbs),
  ...corpusCertificates.map((der) => Uint8Array.from(parseCertificate(der).signed)),
]
const certificateOf = (tbs: Uint8Array) =>
  encodeCertificate(tbs, 'ES256', sign('sha256', tbs, corpusKeys.p256))

const indexOfNotBefore = everyElement(validTbs[0] ?? new Uint8Array()).findIndex(
  ({ tag }) => tag === derTag.utcTime,
)

/** What was read, or undefined where it is refused; anything thrown but a DerError goes through. */
const tbsOf = (bytes: Uint8Array): TbsCertificate | undefined => {
  try {
    return parseTbsCertificate(bytes)
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

const certificateIn = (bytes: Uint8Array): Certificate | undefined => {
  try {
    return parseCertificate(bytes)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'certificate-malformed') return undefined
    throw error
  }
}

describe('parseTbsCertificate()', () => {
  it('throws only DerError, or reads what is written as the same octets', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: derMutationsOf(validTbs) }, anyDer), (bytes) => {
        const tbs = tbsOf(bytes)
        if (!tbs) return
        accepted += 1
        expect(hex(encodeTbsCertificate(tbs))).toBe(hex(bytes))
      }),
      { numRuns: fuzzRuns(3000), examples: validTbs.map((tbs): [Uint8Array] => [tbs]) },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('reads of all times those in the form of their year, and reads them as they are', () => {
    const [digits, more] = [fc.stringMatching(/^[0-4]\d[01]\d[0-3]\d[0-2]\d[0-5]\d[0-5]\d$/), fc.nat(99)]
    const when = fc.tuple(fc.constantFrom(derTag.utcTime, derTag.generalizedTime), fc.option(more), digits)
    let accepted = 0
    fc.assert(
      fc.property(when, ([tag, century, rest]) => {
        const text = `${century === null ? '' : String(century).padStart(2, '0')}${rest}Z`
        const time = encodeElement(tag, Buffer.from(text))
        const tbs = editElement(validTbs[0] ?? new Uint8Array(), indexOfNotBefore, () => time)
        const notBefore = tbsOf(tbs)?.notBefore
        if (!notBefore) return
        accepted += 1
        expect(notBefore.toISOString().replaceAll(/[-:T]|\.000/g, '')).toBe(`${century ?? 20}${rest}Z`)
        expect(tag === derTag.generalizedTime).toBe(century !== null)
        expect(century ?? 20).toBeGreaterThanOrEqual(20)
      }),
      { numRuns: fuzzRuns(1000), examples: [[[derTag.generalizedTime, 20, '491231235959']]] },
    )
    expect(accepted).toBeGreaterThan(50)
  })
})

describe('parseCertificate()', () => {
  const valid = [...corpusCertificates, ...validTbs.map(certificateOf)]
  const mutated = fc.oneof(
    derMutationsOf(valid),
    derMutationsOf(validTbs).map(certificateOf),
    anyOctets(80),
    anyDer,
  )

  it('throws only Refusal, or reads what is written as the same octets', () => {
    let accepted = 0
    fc.assert(
      fc.property(mutated, (bytes) => {
        const certificate = certificateIn(bytes)
        if (!certificate) return
        accepted += 1
        const { tbs, signature } = certificate
        expect(hex(encodeCertificate(encodeTbsCertificate(tbs), tbs.signature, signature))).toBe(hex(bytes))
      }),
      { numRuns: fuzzRuns(2000) },
    )
    expect(accepted).toBeGreaterThan(50)
  })
})
