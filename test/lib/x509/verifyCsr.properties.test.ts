import { createHash, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { DerReader } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { encodeBitString, encodeSequence } from '../../../lib/x509/encodeElement.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { signatureAlgorithms } from '../../../lib/x509/signatureAlgorithm.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyOctets } from './fixtures/arbitraries.ts'
import { corpusCsrs, corpusKeys } from './fixtures/corpus.ts'
import { greedyExtensions, opensslCsr } from './fixtures/csr.ts'
import { derMutationsOf, elementMutationOf, textMutationsOf } from './fixtures/mutations.ts'
import { hex } from './fixtures/octets.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** The hash of the key, or the code of the refusal; anything else that is thrown goes through. */
const outcomeOf = (read: () => Uint8Array): string => {
  try {
    return verifyCsr(read()).keyHash
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

/** The members of a request that parses, each with its whole encoding. */
const membersOf = (der: Uint8Array) => {
  const request = new DerReader(der).enter(derTag.sequence)
  const info = request.readAny()
  const [algorithm, signature] = [request.readAny().encoding, request.readOctetAlignedBitString()]
  const members = new DerReader(info.contents)
  const version = members.readAny()
  members.skip(derTag.sequence)
  return { info: info.encoding, version, spki: members.readAny().encoding, algorithm, signature }
}

/** A request with its info mutated and signed again by its own key: what is wrong with it, only a parser tells. */
const resigned = (der: Uint8Array, key: KeyObject, digest: string | null) =>
  elementMutationOf(membersOf(der).info).map((info) =>
    encodeSequence(info, membersOf(der).algorithm, encodeBitString(sign(digest, info, key))),
  )

const [p256Csr = new Uint8Array(), p384Csr = p256Csr, , ed25519Csr = p256Csr] = corpusCsrs
const requests = fc.oneof(
  derMutationsOf(corpusCsrs),
  resigned(p256Csr, corpusKeys.p256, signatureAlgorithms.ES256.digest),
  resigned(p384Csr, corpusKeys.p384, signatureAlgorithms.ES384.digest),
  resigned(ed25519Csr, corpusKeys.ed25519, signatureAlgorithms.EdDSA.digest),
)

describe('verifyCsr()', () => {
  it('throws only Refusal when a request is mutated, signed again or not; what it accepts names its own key', () => {
    const outcomes = new Map<string, number>()
    fc.assert(
      fc.property(requests, (der) => {
        const outcome = outcomeOf(() => der)
        const kind = outcome.startsWith('csr-') ? outcome : 'accepted'
        outcomes.set(kind, 1 + (outcomes.get(kind) ?? 0))
        if (kind === 'accepted') expect(outcome).toBe(sha256(membersOf(der).spki))
      }),
      { numRuns: fuzzRuns(2500) },
    )
    expect([...outcomes.keys()].sort()).toEqual([
      'accepted',
      'csr-key-refused',
      'csr-malformed',
      'csr-signature-invalid',
    ])
  })

  it('refuses a request of which one bit of what is signed was changed, dropped or not', () => {
    const flipped = fc.constantFrom(...corpusCsrs).chain((der) => {
      const { info } = membersOf(der)
      const start = info.byteOffset - der.byteOffset
      return fc.integer({ min: 8 * start, max: 8 * (start + info.length) - 1 }).map((bit) => {
        const changed = Uint8Array.from(der)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        return changed
      })
    })
    fc.assert(
      fc.property(flipped, (der) => {
        expect(outcomeOf(() => der)).toMatch(/^csr-/)
      }),
      { numRuns: fuzzRuns(1000) },
    )
  })

  it('accepts a re-signed request only with version 0, a key and attributes, whatever else was mutated', () => {
    let accepted = 0
    fc.assert(
      fc.property(resigned(ed25519Csr, corpusKeys.ed25519, null), (der) => {
        if (outcomeOf(() => der).startsWith('csr-')) return
        accepted += 1
        const { info, version, algorithm, signature, spki } = membersOf(der)
        expect([version.tag, hex(version.contents)]).toEqual([derTag.integer, '00'])
        expect(hex(spki)).toBe(hex(membersOf(ed25519Csr).spki))
        expect(hex(encodeSequence(info, algorithm, encodeBitString(signature)))).toBe(hex(der))
      }),
      { numRuns: fuzzRuns(500) },
    )
    expect(accepted).toBeGreaterThan(20)
  })
})

describe('decodeCsr()', () => {
  const pem = [
    ...corpusCsrs.map((der) => encodePem('CERTIFICATE REQUEST', der)),
    opensslCsr(['ed25519'], greedyExtensions),
  ]
  const base64 = corpusCsrs.map((der) => Buffer.from(der).toString('base64'))
  const bodies = fc.oneof(
    anyOctets(200),
    textMutationsOf([...pem, ...base64]).map((text) => Buffer.from(text, 'latin1')),
  )
  const keys = new Set(corpusCsrs.map((der) => sha256(membersOf(der).spki)))
  keys.add(outcomeOf(() => decodeCsr(Buffer.from(pem.at(-1) ?? ''))))

  it('and verifyCsr() throw only Refusal, whatever the body; a mutated one gives no other key', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const outcome = outcomeOf(() => decodeCsr(body))
        if (!outcome.startsWith('csr-')) expect(keys).toContain(outcome)
      }),
      { numRuns: fuzzRuns(1500) },
    )
  })
})
