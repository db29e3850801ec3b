import 'reflect-metadata'
import { sign } from 'node:crypto'
import { Pkcs10CertificateRequest } from '@peculiar/x509'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { DerError, DerReader } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { encodeBitString, encodeSequence } from '../../../lib/x509/encodeElement.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { corpusCsrs, corpusKeys } from './fixtures/corpus.ts'
import { derMutationsOf, elementMutationOf } from './fixtures/mutations.ts'
import { hex } from './fixtures/octets.ts'
import { opensslVerdicts, refusedByOpenssl, refusalOr, unlessRefused } from './fixtures/oracles.ts'
import { strictnessRules } from './fixtures/strictness.ts'

const ed25519Csr = corpusCsrs[4] ?? new Uint8Array()
const infoOf = (der: Uint8Array) => new DerReader(der).enter(derTag.sequence).readAny().encoding
const requestOf = (info: Uint8Array, algorithm: Uint8Array, signature: Uint8Array) =>
  encodeSequence(info, algorithm, encodeBitString(signature))

/** Octets of a request before its signature: mutated, and then signed by the same key. */
const resigned = elementMutationOf(infoOf(corpusCsrs[3] ?? ed25519Csr)).map((info) => {
  const members = new DerReader(corpusCsrs[3] ?? ed25519Csr).enter(derTag.sequence)
  members.readAny()
  return requestOf(info, members.readAny().encoding, sign(null, info, corpusKeys.ed25519))
})
const requests = fc.oneof(derMutationsOf(corpusCsrs), resigned, resigned, fc.constantFrom(...corpusCsrs))

/** What of a request counts, as hexadecimal digits. */
const membersOf = (der: Uint8Array) => {
  const request = new DerReader(der).enter(derTag.sequence)
  const info = request.enter(derTag.sequence)
  info.readInteger()
  info.skip(derTag.sequence)
  const key = hex(info.readAny().encoding)
  request.readAny()
  return { key, signature: hex(request.readOctetAlignedBitString()) }
}

/** The same of @peculiar/x509. */
const libraryMembersOf = (der: Uint8Array) => {
  const request = new Pkcs10CertificateRequest(der)
  return {
    key: hex(new Uint8Array(request.publicKey.rawData)),
    signature: hex(new Uint8Array(request.signature)),
  }
}

/** Subject and attributes of a request, with their headers; undefined where those are not DER. */
const droppedOf = (der: Uint8Array): string | undefined => {
  const members = new DerReader(infoOf(der)).enter(derTag.sequence)
  members.readInteger()
  return unlessNotDer(() => {
    const subject = members.readAny()
    members.readAny()
    return hex(Buffer.concat([subject.encoding, members.readAny().encoding]))
  })
}

const unlessNotDer = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

const intact = new Set(corpusCsrs.map(droppedOf))

/** Whether names and attributes are those of a real request: Mayfly drops them, whatever they are. */
const isIntact = (der: Uint8Array): boolean => {
  const dropped = droppedOf(der)
  return dropped !== undefined && intact.has(dropped)
}

describe('A certification request that Mayfly accepts', () => {
  it('says the same to @peculiar/x509, and openssl reads it', () => {
    const accepted: Uint8Array[] = []
    let compared = 0
    fc.assert(
      fc.property(requests, (der) => {
        const csr = refusalOr(() => verifyCsr(der))
        if (csr instanceof Refusal) return
        const { key, signature } = membersOf(der)
        expect(hex(csr.publicKey.spki)).toBe(key)
        const theirs = unlessRefused(() => libraryMembersOf(der))
        if (isIntact(der)) accepted.push(der)
        compared += theirs ? 1 : 0
        if (theirs || isIntact(der)) expect(theirs).toEqual({ key, signature })
      }),
      { numRuns: fuzzRuns(1000) },
    )
    expect(compared).toBeGreaterThan(100)
    expect(accepted.length).toBeGreaterThan(50)
    expect(refusedByOpenssl('req', accepted.slice(0, 100))).toEqual([])
  })
})

/** What verifyCsr() refuses beside the rules of the reader; openssl and the library do not look at these. */
const structureRules: readonly (readonly [string, RegExp])[] = [
  ['the version is 0', /its version is \d+, not 0|an integer is out of its range/],
  ['members have the tags of RFC 2986', /expected tag 0x/],
  ['signatures and keys are whole octets', /does not hold whole octets/],
  ['the parameters fit the algorithm', /parameters of its signature algorithm/],
]

describe('A certification request that openssl accepts and Mayfly refuses', () => {
  it('breaks a rule that has a name', () => {
    const refused: { der: Uint8Array; refusal: Refusal }[] = []
    fc.assert(
      fc.property(requests, (der) => {
        const refusal = refusalOr(() => verifyCsr(der))
        if (refusal instanceof Refusal) refused.push({ der, refusal })
      }),
      { numRuns: fuzzRuns(400) },
    )
    const verdicts = opensslVerdicts(
      'req',
      refused.map(({ der }) => der),
    )
    const lax = refused.filter((_one, index) => verdicts[index])
    const named = ({ code, detail }: Refusal) =>
      code === 'csr-key-refused' ||
      code === 'csr-signature-invalid' ||
      strictnessRules.some((rule) => rule.detail.test(detail)) ||
      structureRules.some(([, form]) => form.test(detail))
    expect(lax.length).toBeGreaterThan(20)
    expect(
      lax.filter(({ refusal }) => !named(refusal)).map(({ der, refusal }) => [refusal.detail, hex(der)]),
    ).toEqual([])
  })
})
