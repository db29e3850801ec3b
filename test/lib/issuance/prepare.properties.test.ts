import { randomBytes } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate as LibraryCertificate } from '@peculiar/asn1-x509'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Issuer } from '../../../lib/authority/authority.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import {
  type Circumstances,
  type Evidence,
  issuersFor,
  prepare,
  type PreparedLeaf,
} from '../../../lib/issuance/prepare.ts'
import { parseConfiguration } from '../../../lib/tenant/configuration.ts'
import { encodeCertificate } from '../../../lib/x509/certificate.ts'
import { encodeTbsCertificate, parseTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import type { Members } from '../../tenants.ts'
import { createWorld, type World } from '../../world.ts'
import { hex } from '../x509/fixtures/octets.ts'
import { evidenceOf, issuerOf } from './evidence.ts'

let world: World
let evidence: Evidence
beforeAll(async () => {
  world = await createWorld({ document: { certificate: { sid: { mode: 'whenPresent', domains } } } })
  evidence = await evidenceOf(world)
})
afterAll(() => world[Symbol.asyncDispose]())

const domains = ['S-1-5-21-1111111111-2222222222-3333333333']
const certificate: fc.Arbitrary<Members> = fc.record(
  {
    lifetimeSeconds: fc.oneof(fc.integer({ min: 300, max: 86_400 }), fc.constantFrom(300, 86_400)),
    backdateSeconds: fc.oneof(fc.nat(3_600), fc.constantFrom(0, 3_600)),
    noRevAvail: fc.boolean(),
    policyOid: fc.constantFrom('1.3.6.1.4.1.99999.1', '2.999.2147483647'),
    includeRfc822Name: fc.boolean(),
    includeDeviceId: fc.boolean(),
    sid: fc.constantFrom({ mode: 'off' }, { mode: 'required', domains }, { mode: 'whenPresent', domains }),
  },
  { requiredKeys: [] },
)

/** Clocks with fractions of a second; many on the last day that a UTCTime can say. */
const clock = fc
  .oneof(
    fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2100, 0, 1) }),
    fc.integer({ min: Date.UTC(2049, 11, 31), max: Date.UTC(2050, 0, 1, 1) }),
  )
  .map((milliseconds) => new Date(milliseconds))

/** Seconds between the ends of a leaf and those of an issuer: negative where the issuer does not reach. */
const slack = fc.oneof(fc.constantFrom(-1, 0, 1), fc.integer({ min: -90_000, max: 90_000 }))
const slacks = fc.array(fc.tuple(slack, slack), { maxLength: 3 })

const second = (now: Date) => Math.floor(now.getTime() / 1000)
const dateOf = (seconds: number) => new Date(seconds * 1000)

/** The same evidence for a tenant of this configuration, whose issuers end that long before or after the leaf would. */
const evidenceFor = (rules: Members, now: Date, ends: readonly (readonly [number, number])[]): Evidence => {
  const { configuration } = evidence.tenant
  const chosen = parseConfiguration({ ...configuration, certificate: rules })
  const { lifetimeSeconds, backdateSeconds } = chosen.certificate
  const [issuer] = evidence.authority.issuers
  const issuers = ends.map(([before, after]): Issuer => {
    if (!issuer) throw new Error('The tenant has no issuer.')
    const notBefore = dateOf(second(now) - backdateSeconds - before)
    return { ...issuer, notBefore, notAfter: dateOf(second(now) + lifetimeSeconds - 1 + after) }
  })
  return {
    ...evidence,
    tenant: { ...evidence.tenant, configuration: chosen },
    authority: { ...evidence.authority, issuers },
  }
}

type Preparation = PreparedLeaf & { readonly tbs: Uint8Array }

const preparation = (...asked: Parameters<typeof prepare>): Preparation => {
  const leaf = prepare(...asked)
  return { ...leaf, tbs: leaf.prepared.octets }
}

/** What is prepared for each issuer that may sign; the refusal when there is none. */
const prepared = (given: Evidence, circumstances: Circumstances): readonly Preparation[] | Refusal => {
  try {
    const issuers = issuersFor(given, circumstances.now)
    return issuers.map((issuer) => preparation(given, issuer, circumstances))
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** What is prepared for the first issuer. @throws {Refusal} */
const preparedOnce = (given: Evidence, circumstances: Circumstances): Preparation =>
  preparation(given, issuerOf(given, circumstances.now), circumstances)

/** The two times as the library of others reads them. */
const libraryTimes = (tbs: Uint8Array): readonly Date[] => {
  const der = encodeCertificate(tbs, 'ES256', new Uint8Array(8))
  const { validity } = AsnConvert.parse(der, LibraryCertificate).tbsCertificate
  return [validity.notBefore.getTime(), validity.notAfter.getTime()]
}

describe('prepare()', () => {
  it('makes leaves of exactly the lifetime and backdate, in whole seconds, for the issuers that last as long', () => {
    let made = 0
    let refused = 0
    fc.assert(
      fc.property(certificate, clock, slacks, (rules, now, ends) => {
        const given = evidenceFor(rules, now, ends)
        const { lifetimeSeconds, backdateSeconds } = given.tenant.configuration.certificate
        const fitting = ends.filter(([before, after]) => before >= 0 && after >= 0)
        const outcome = prepared(given, { now, random: (octets) => randomBytes(octets) })
        if (outcome instanceof Refusal) {
          refused += 1
          expect([outcome.code, fitting]).toEqual(['issuer-unavailable', []])
          return
        }
        made += 1
        const [start, end] = [second(now) - backdateSeconds, second(now) + lifetimeSeconds - 1]
        expect(end - start + 1).toBe(lifetimeSeconds + backdateSeconds)
        expect(outcome.map(({ issuer }) => [issuer.notBefore, issuer.notAfter])).toEqual(
          fitting.map(([before, after]) => [dateOf(start - before), dateOf(end + after)]),
        )
        for (const { tbs, issuer, validity } of outcome) {
          const leaf = parseTbsCertificate(tbs)
          expect(validity).toEqual({ notBefore: dateOf(start), notAfter: dateOf(end) })
          expect([leaf.notBefore, leaf.notAfter]).toEqual([dateOf(start), dateOf(end)])
          expect(libraryTimes(tbs)).toEqual([dateOf(start), dateOf(end)])
          expect(leaf.notBefore.getTime()).toBeGreaterThanOrEqual(issuer.notBefore.getTime())
          expect(leaf.notAfter.getTime()).toBeLessThanOrEqual(issuer.notAfter.getTime())
          expect(hex(encodeTbsCertificate(leaf))).toBe(hex(tbs))
        }
      }),
      { numRuns: fuzzRuns(500) },
    )
    expect(Math.min(made, refused)).toBeGreaterThan(50)
  })

  it('gives serial numbers that are positive, minimal and of 16 octets, whatever chance gives, and all different', () => {
    const now = new Date('2049-12-31T23:30:00.5Z')
    const given = evidenceFor({}, now, [[0, 0]])
    const chance = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const seen = new Map<string, string>()
    fc.assert(
      fc.property(chance, (random) => {
        const { serialNumber } = parseTbsCertificate(preparedOnce(given, { now, random: () => random }).tbs)
        const [first = 0, next = 0] = serialNumber
        expect(serialNumber).toHaveLength(16)
        expect(first).toBeLessThan(0x80)
        expect(first > 0 || next >= 0x80).toBe(true)
        // Of two that agree the chance agreed, but for the two bits that make a number positive and minimal.
        const bits = hex(Uint8Array.from([(random[0] ?? 0) & 0x3f, ...random.slice(1)]))
        expect(seen.get(hex(serialNumber)) ?? bits).toBe(bits)
        seen.set(hex(serialNumber), bits)
      }),
      {
        numRuns: fuzzRuns(300),
        examples: [[new Uint8Array(16)], [new Uint8Array(16).fill(0xff)], [new Uint8Array(16).fill(0x80)]],
      },
    )
    const circumstances = { now, random: (octets: number) => randomBytes(octets) }
    const serials = Array.from({ length: 500 }, () => hex(preparedOnce(given, circumstances).serialNumber))
    expect(new Set(serials).size).toBe(500)
  })
})
