import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Evidence, issuersFor, prepare } from '../../../lib/issuance/prepare.ts'
import { decodeSubjectAltName, extensionOid } from '../../../lib/x509/extension.ts'
import { checkGoodFor } from '../../../lib/prepared/prepared.ts'
import { extensionValue } from '../../../lib/x509/certificate.ts'
import { decodeName } from '../../../lib/x509/encodeName.ts'
import { parseTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { policyDocument } from '../../policies.ts'
import { createWorld, testTime, type World } from '../../world.ts'
import { evidenceOf, issuerOf } from './evidence.ts'

let world: World
let other: World
let evidence: Evidence

beforeAll(async () => {
  world = await createWorld()
  other = await createWorld()
  evidence = await evidenceOf(world)
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

const day = 86_400_000
const at = (now: Date) => ({ now, random: (octets: number) => randomBytes(octets) })

/** Prepares for the first issuer that may sign. */
const prepareAt = (what: Evidence, now: Date) => prepare(what, issuerOf(what, now), at(now))

describe('prepare()', () => {
  it('writes a leaf of the token for the key of the CSR, and nothing else of the CSR', () => {
    const { prepared, issuer, serialNumber, validity } = prepareAt(evidence, testTime)
    const tbs = prepared.octets
    const leaf = parseTbsCertificate(tbs)
    expect(decodeName(leaf.subject)).toEqual([{ type: '2.5.4.3', utf8: 'alice@contoso.example' }])
    const names = decodeSubjectAltName(extensionValue(leaf, extensionOid.subjectAltName) ?? new Uint8Array())
    expect(names).toEqual([{ kind: 'upn', value: 'alice@contoso.example' }])
    expect(Buffer.from(leaf.subjectPublicKeyInfo).equals(Buffer.from(evidence.csr.publicKey.spki))).toBe(true)
    expect(Buffer.from(tbs).includes('mallory')).toBe(false)
    expect(leaf.serialNumber).toEqual(serialNumber)
    expect(Buffer.from(leaf.issuer).equals(Buffer.from(issuer.subject))).toBe(true)
    expect(validity).toEqual({ notBefore: leaf.notBefore, notAfter: leaf.notAfter })
  })

  it('makes it valid from the backdate until the second before the lifetime is over', () => {
    const { validity } = prepareAt(evidence, testTime)
    expect(validity.notBefore).toEqual(new Date('2026-03-02T09:55:00Z'))
    expect(validity.notAfter).toEqual(new Date('2026-03-02T10:59:59Z'))
  })

  it.each([
    [600, '2026-03-02T10:09:59Z'],
    [86_400, '2026-03-02T10:59:59Z'],
  ])(
    'ends its life where a policy wants it to, %d s, and no later than the tenant does',
    async (lifetime, end) => {
      await using limited = await createWorld({
        document: { lifetimes: { limit: lifetime } },
        policySet: { policies: [policyDocument('limit'), policyDocument('other')] },
      })
      const limitedEvidence = await evidenceOf(limited)
      expect(prepareAt(limitedEvidence, testTime).validity.notAfter).toEqual(new Date(end))
      // The end is a moment, and not a length: it does not move while the request waits.
      const later = new Date(testTime.getTime() + 20_000)
      const moved = lifetime === 600 ? 0 : 20_000
      expect(prepareAt(limitedEvidence, later).validity.notAfter.getTime()).toBe(Date.parse(end) + moved)
    },
  )

  it('prepares for the key of the issuer that it names', () => {
    const { prepared, issuer } = prepareAt(evidence, testTime)
    const { publicKeyInfo, generation } = issuer
    expect(publicKeyInfo).toEqual(generation.tbs.subjectPublicKeyInfo)
    expect(() => checkGoodFor(prepared, publicKeyInfo)).not.toThrow()
  })

  it('gives each leaf a serial number of its own', () => {
    const serials = Array.from({ length: 50 }, () =>
      Buffer.from(prepareAt(evidence, testTime).serialNumber).toString('hex'),
    )
    expect(new Set(serials).size).toBe(50)
  })

  it('throws when the evidence is of different tenants, which is our own defect', async () => {
    const foreign = await evidenceOf(other)
    const mixes: readonly Partial<Evidence>[] = [
      { tenant: foreign.tenant },
      { authority: foreign.authority },
      { permit: foreign.permit },
      { tenant: foreign.tenant, authority: foreign.authority },
      { permit: foreign.permit, authority: foreign.authority },
    ]
    for (const mix of mixes) {
      const mixed = { ...evidence, ...mix }
      expect(() => prepareAt(mixed, testTime)).toThrow('belong to different tenants')
    }
  })

  it('refuses what breaks the profile: here a serial number from a broken random source', () => {
    const broken = { now: testTime, random: () => randomBytes(8) }
    expect(() => prepare(evidence, issuerOf(evidence, testTime), broken)).toRefuse(
      'lint-failed',
      /serial-number-length/,
    )
  })

  it("refuses what the token's names do not allow", async () => {
    await using strict = await createWorld({
      document: { certificate: { sid: { mode: 'required', domains: ['S-1-5-21-1-2-3'] } } },
    })
    const refused = await evidenceOf(strict)
    expect(() => prepareAt(refused, testTime)).toRefuse('sid-refused')
  })

  it('refuses by its lint rule an issuer that issuersFor() would not have named', () => {
    const issuer = issuerOf(evidence, testTime)
    const short = { ...issuer, notAfter: new Date(testTime.getTime() + 60_000) }
    expect(() => prepare(evidence, short, at(testTime))).toRefuse('lint-failed', /within-issuer-validity/)
    const unmarked = { ...issuer, extKeyUsage: ['1.3.6.1.5.5.7.3.2'] }
    expect(() => prepare(evidence, unmarked, at(testTime))).toRefuse(
      'lint-failed',
      /ext-key-usage-within-issuer/,
    )
  })
})

describe('issuersFor()', () => {
  it('names the issuers that outlive the leaf, and refuses when none does', () => {
    const end = issuerOf(evidence, testTime).notAfter.getTime()
    expect(issuersFor(evidence, new Date(end - 3_599_000))).toHaveLength(1)
    expect(() => issuersFor(evidence, new Date(end - 3_598_000))).toRefuse('issuer-unavailable')
    expect(() => issuersFor(evidence, new Date(end + day))).toRefuse('issuer-unavailable')
  })
})
