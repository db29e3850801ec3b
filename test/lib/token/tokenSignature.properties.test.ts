import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { octetMutationOf } from '../x509/fixtures/mutations.ts'
import { everyAlgorithm, type Jws, joseVerifies, keyPairs, signJws, verifies } from './fixtures/jws.ts'

const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))
const zeros = (octets: number) => new Uint8Array(octets)

/** What goes wrong with signatures of two halves, and with numbers that begin with zeros. */
const editsOf = (signature: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const middle = Math.floor(signature.length / 2)
  const [r, s] = [signature.subarray(0, middle), signature.subarray(middle)]
  return fc.constantFrom(
    concat(zeros(r.length), s),
    concat(r, zeros(s.length)),
    concat(s, r),
    concat(zeros(1), signature),
    concat(r, zeros(1), s),
    concat(zeros(1), r, zeros(1), s),
    signature.toReversed(),
    signature.subarray(signature.findIndex((octet) => octet !== 0)),
  )
}

/** The signature of one of them, changed or another's. */
const changedOf = (signed: readonly Jws[]): fc.Arbitrary<Jws> => {
  const any = fc.constantFrom(...signed)
  const changed = any.chain((jws) =>
    fc
      .oneof(editsOf(jws.signature), octetMutationOf(jws.signature))
      .map((signature) => ({ signed: jws.signed, signature })),
  )
  const crossed = fc.tuple(any, any).map(([{ signed: text }, { signature }]) => ({ signed: text, signature }))
  return fc.oneof({ weight: 4, arbitrary: changed }, crossed)
}

describe.each(everyAlgorithm)('verifiesTokenSignature() with %s agrees with jose', (alg) => {
  const { publicKey } = keyPairs[alg]

  it('on what jose signed', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (claims) => {
        const jws = await signJws(alg, claims)
        expect([verifies(alg, publicKey, jws), await joseVerifies(publicKey, jws)]).toEqual([true, true])
      }),
      { numRuns: fuzzRuns(30) },
    ))

  it('on signatures that were changed, and is the stricter one on those that are too short', async () => {
    const signed = await Promise.all(Array.from({ length: 8 }, (_, index) => signJws(alg, Buffer.of(index))))
    const lengths = new Set(signed.map(({ signature }) => signature.length))
    expect(lengths.size).toBe(1)
    const property = fc.asyncProperty(changedOf(signed), async (jws) => {
      const expected = (await joseVerifies(publicKey, jws)) && lengths.has(jws.signature.length)
      expect(verifies(alg, publicKey, jws)).toBe(expected)
    })
    await fc.assert(property, { numRuns: fuzzRuns(120) })
  })
})
