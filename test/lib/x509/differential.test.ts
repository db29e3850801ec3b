import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDer } from '../../../lib/x509/checkDer.ts'
import { DerError } from '../../../lib/x509/derReader.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyDer } from './fixtures/arbitraries.ts'
import { corpusCertificates, corpusCsrs } from './fixtures/corpus.ts'
import { derMutationsOf } from './fixtures/mutations.ts'
import { hex } from './fixtures/octets.ts'
import { type Seen, seenByLibrary, seenByMayfly, seenByOpenssl } from './fixtures/oracles.ts'

const accepts = (bytes: Uint8Array): boolean => {
  try {
    checkDer(bytes, 12)
    return true
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

const mutated = fc.oneof(
  derMutationsOf([...corpusCsrs, ...corpusCertificates]),
  anyDer.chain((der) => derMutationsOf([der])),
)

describe('DER that Mayfly accepts', () => {
  it('has for the parser of @peculiar/x509 the same structure', () => {
    let compared = 0
    fc.assert(
      fc.property(mutated, (bytes) => {
        if (!accepts(bytes)) return
        compared += 1
        expect([hex(bytes), seenByLibrary(bytes)]).toEqual([hex(bytes), seenByMayfly(bytes)])
      }),
      { numRuns: fuzzRuns(1000) },
    )
    expect(compared).toBeGreaterThan(100)
  })

  it('has for openssl the same structure', () => {
    // One run of openssl reads all of them, one after the other.
    const one = fc.oneof(anyDer, mutated.filter(accepts))
    fc.assert(
      fc.property(fc.array(one, { minLength: 200, maxLength: 300 }), (elements) => {
        let offset = 0
        const seen = elements.flatMap((bytes): readonly Seen[] => {
          offset += bytes.length
          return seenByMayfly(bytes, offset - bytes.length)
        })
        expect(seenByOpenssl(Buffer.concat(elements))).toEqual(seen)
      }),
      { numRuns: fuzzRuns(3), endOnFailure: true },
    )
  })
})
