import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isValueOf } from '../../../lib/policy/signals/isValueOf.ts'
import { azureTpmClaims } from '../../attestations.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { azure, isSilent, makeCsr, read } from './attesting.ts'

const keys = Array.from({ length: 6 }, makeCsr)
const twoKeys = fc.shuffledSubarray(keys, { minLength: 2, maxLength: 2 }) as fc.Arbitrary<
  [(typeof keys)[number], (typeof keys)[number]]
>
const encodings = ['base64url', 'base64', 'hex'] as const
const encoding = fc.constantFrom(...encodings)

const inEncoding = (keyHash: string, name: (typeof encodings)[number]) =>
  Buffer.from(keyHash, 'hex').toString(name)

/** Ways to write something that holds the hash of a key, and is not that alone. */
const around: fc.Arbitrary<(hash: string) => unknown> = fc.oneof(
  fc.string({ minLength: 1 }).map((more) => (hash: string) => hash + more),
  fc.string({ minLength: 1 }).map((more) => (hash: string) => more + hash),
  fc.nat(42).map((length) => (hash: string) => hash.slice(0, length)),
  fc.jsonValue({ maxDepth: 1 }).map((other) => (hash: string) => [hash, other]),
  fc.jsonValue({ maxDepth: 1 }).map((other) => (hash: string) => [other, hash]),
  fc.string().map((name) => (hash: string) => ({ [name]: hash })),
  fc.constant((hash: string) => [hash]),
)

describe('an attestation for one key', () => {
  it('never helps another', async () => {
    await fc.assert(
      fc.asyncProperty(twoKeys, encoding, async ([one, other], name) => {
        const value = inEncoding(one.keyHash, name)
        const compact = await azure.attest(one.keyHash, { claims: { nonce: value } })
        const trust = { binding: { encoding: name } }
        const own = await read({ compact: () => compact, csr: one, trust })
        const replayed = await read({ compact: () => compact, csr: other, trust })
        expect(own.troubles).toEqual([])
        expect(isSilent(own)).toBe(false)
        expect(replayed.troubles).toMatchObject([{ code: 'attestation-unbound' }])
        expect(isSilent(replayed)).toBe(true)
      }),
      { numRuns: fuzzRuns(40) },
    )
  })

  it('never helps another, whatever its nonce holds of the hash of that', async () => {
    await fc.assert(
      fc.asyncProperty(twoKeys, encoding, encoding, around, async ([one, other], wanted, written, hold) => {
        const nonce = hold(inEncoding(other.keyHash, written))
        const rp = inEncoding(other.keyHash, wanted)
        fc.pre(nonce !== rp)
        const attestation = { claims: { nonce, rp_data: rp, eat_nonce: rp, kid: one.keyHash } }
        const word = await read({ attestation, csr: other, trust: { binding: { encoding: wanted } } })
        expect(word.troubles).toMatchObject([{ code: 'attestation-unbound' }])
        expect(isSilent(word)).toBe(true)
      }),
      { numRuns: fuzzRuns(100) },
    )
  })
})

describe('an attestation', () => {
  const names = Object.keys({ iss: 0, iat: 0, nbf: 0, exp: 0, aud: 0, device: 0, ...azureTpmClaims('00') })
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(null, '', -1, 1e308, [], {}, true, '__proto__', [true]),
  )

  it('is read to its end or refused, whatever its service writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), odd), async (claims) => {
        const word = await read({ attestation: { claims }, trust: { deviceIdClaim: 'device' } })
        expect(isSilent(word)).toBe(word.troubles.length > 0)
        for (const { fact, value } of word.facts)
          expect(value === undefined || isValueOf(fact, value), fact).toBe(true)
      }),
      { numRuns: fuzzRuns(150) },
    )
  })

  it('is refused, whatever was sent in its place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), async (text) => {
        const word = await read({ compact: () => text })
        expect(word.troubles).toMatchObject([{ code: 'attestation-refused' }])
        expect(isSilent(word)).toBe(true)
      }),
      { numRuns: fuzzRuns(50) },
    )
  })
})
