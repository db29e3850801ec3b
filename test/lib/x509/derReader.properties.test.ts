import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDer } from '../../../lib/x509/checkDer.ts'
import { DerError, DerReader } from '../../../lib/x509/derReader.ts'
import { encodeElement } from '../../../lib/x509/encodeElement.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyDer, anyOctets } from './fixtures/arbitraries.ts'
import { corpusCertificates, corpusCsrs } from './fixtures/corpus.ts'
import { derMutationsOf } from './fixtures/mutations.ts'
import { hex } from './fixtures/octets.ts'

const valid = [...corpusCsrs, ...corpusCertificates]
const mutated = fc.oneof(
  derMutationsOf(valid),
  anyDer.chain((der) => derMutationsOf([der])),
)
const anything = fc.oneof(anyOctets(64), mutated)

/** Whether checkDer() accepts; anything thrown but a DerError goes through. */
const accepts = (bytes: Uint8Array, maxDepth = 12): boolean => {
  try {
    checkDer(bytes, maxDepth)
    return true
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

/** Writes anew what a reader reads, in the one form that the writer has. */
const rewrite = (bytes: Uint8Array): Uint8Array => {
  const reader = new DerReader(bytes)
  const elements: Uint8Array[] = []
  while (!reader.atEnd) {
    const { tag, contents } = reader.readAny()
    elements.push(encodeElement(tag, (tag & 0x20) === 0 ? contents : rewrite(contents)))
  }
  return Buffer.concat(elements)
}

const depthOf = (bytes: Uint8Array): number => {
  const reader = new DerReader(bytes)
  let depth = 0
  while (!reader.atEnd) {
    const { tag, contents } = reader.readAny()
    if ((tag & 0x20) !== 0) depth = Math.max(depth, 1 + depthOf(contents))
  }
  return depth
}

describe('checkDer()', () => {
  it('accepts every request and certificate of the corpus', () => {
    expect(valid.map((der) => accepts(der))).toEqual(valid.map(() => true))
  })

  it('refuses mutated requests and certificates with DerError, or they are written anew as they were', () => {
    let accepted = 0
    let refused = 0
    fc.assert(
      fc.property(mutated, (bytes) => {
        if (!accepts(bytes)) return void (refused += 1)
        accepted += 1
        expect(hex(rewrite(bytes))).toBe(hex(bytes))
      }),
      { numRuns: fuzzRuns(3000) },
    )
    expect(Math.min(accepted, refused)).toBeGreaterThan(300)
  })

  it('accepts no prefix of what it accepts, and nothing that has more', () => {
    fc.assert(
      fc.property(anyDer, fc.nat(), anyOctets(3), (der, cut, more) => {
        expect(accepts(der.subarray(0, cut % der.length))).toBe(false)
        expect(accepts(Buffer.concat([der, more]))).toBe(more.length === 0)
      }),
      { numRuns: fuzzRuns(300) },
    )
  })

  it('accepts down to exactly the depth it is told', () => {
    fc.assert(
      fc.property(anyDer, fc.nat(6), (der, levels) => {
        expect(accepts(der, levels)).toBe(depthOf(der) <= levels)
      }),
      { numRuns: fuzzRuns(300) },
    )
  })
})

describe('DerReader', () => {
  const methods: readonly (readonly [string, (reader: DerReader) => unknown])[] = [
    ['readAny', (reader) => reader.readAny()],
    ['read', (reader) => reader.read(reader.nextTag ?? 0)],
    ['readOptional', (reader) => reader.readOptional(0x30)],
    ['enter', (reader) => reader.enter(0x30)],
    ['end', (reader) => reader.end()],
    ['readInteger', (reader) => reader.readInteger()],
    ['readSmallInteger', (reader) => reader.readSmallInteger()],
    ['readDefaultFalse', (reader) => reader.readDefaultFalse()],
    ['readOid', (reader) => reader.readOid()],
    ['readBitString', (reader) => reader.readBitString()],
    ['readOctetAlignedBitString', (reader) => reader.readOctetAlignedBitString()],
  ]
  /** Octets that begin with a tag which one of the methods reads. */
  const tagged = fc
    .tuple(fc.constantFrom(0x01, 0x02, 0x03, 0x06, 0x30), anyOctets(24), fc.boolean())
    .map(([tag, octets, framed]) => (framed ? encodeElement(tag, octets) : Uint8Array.from([tag, ...octets])))

  it.each(methods)('%s() throws only DerError, whatever the octets', (_name, read) => {
    fc.assert(
      fc.property(fc.oneof(tagged, anything), (bytes) => {
        try {
          read(new DerReader(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(DerError)
        }
      }),
      { numRuns: fuzzRuns(200) },
    )
  })
})
