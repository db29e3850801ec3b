import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { authorityLimits, authorityValidity, issuerTbs, rootTbs } from '../../../lib/profile/rootTbs.ts'
import { encodeTbsCertificate, parseTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { makeKeyPair, serial } from './fixtures/hierarchy.ts'
import { defaultMarkerOid } from './fixtures/markerOid.ts'

const { publicKey } = makeKeyPair('ES256')
const { rootLifetimeMilliseconds, issuerLifetimeMilliseconds, backdateMilliseconds } = authorityLimits

/** Clocks, many of which have the year 2050 between their hierarchy's first second and its last. */
const clock = fc
  .oneof(
    fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2100, 0, 1) }),
    fc.integer({ min: Date.UTC(2046, 11, 1), max: Date.UTC(2050, 0, 2) }),
  )
  .map((milliseconds) => new Date(milliseconds))

const isWhole = (time: Date) => time.getTime() % 1000 === 0

describe('authorityValidity()', () => {
  it('is of whole seconds, never longer than the lifetime counted inclusively, and never later than it may', () => {
    const lifetime = fc.integer({ min: 1, max: 40_000 }).map((hours) => hours * 3_600_000)
    const latest = fc.option(clock, { nil: undefined })
    fc.assert(
      fc.property(clock, lifetime, latest, (now, milliseconds, end) => {
        const bound = end && new Date(Math.floor(end.getTime() / 1000) * 1000)
        const { notBefore, notAfter } = authorityValidity(now, milliseconds, bound)
        expect([isWhole(notBefore), isWhole(notAfter)]).toEqual([true, true])
        expect(notBefore.getTime()).toBeLessThanOrEqual(now.getTime() - backdateMilliseconds)
        expect(notAfter.getTime()).toBeLessThan(now.getTime() + milliseconds)
        if (bound) expect(notAfter.getTime()).toBeLessThanOrEqual(bound.getTime())
      }),
      { numRuns: fuzzRuns(500) },
    )
  })
})

describe('A root and the issuers beneath it', () => {
  it('are written and read with the same times in any year; no issuer outlives its root', () => {
    const days = fc.integer({ min: 0, max: 3 * 365 - 1 })
    fc.assert(
      fc.property(clock, days, (now, later) => {
        const common = { publicKey, algorithm: 'ES256', serialNumber: serial(0x41) } as const
        const root = rootTbs({
          ...common,
          name: [['CN', 'root']],
          validity: authorityValidity(now, rootLifetimeMilliseconds),
        })
        const then = new Date(now.getTime() + later * 86_400_000)
        const issuer = issuerTbs({
          ...common,
          name: [['CN', 'issuer']],
          validity: authorityValidity(then, issuerLifetimeMilliseconds, root.notAfter),
          root,
          rootKeyIdentifier: new Uint8Array(20),
          markerOid: defaultMarkerOid,
        })
        const [readRoot, readIssuer] = [root, issuer].map((tbs) =>
          parseTbsCertificate(encodeTbsCertificate(tbs)),
        )
        expect(readRoot).toMatchObject({ notBefore: root.notBefore, notAfter: root.notAfter })
        expect(readIssuer).toMatchObject({ notBefore: issuer.notBefore, notAfter: issuer.notAfter })
        expect(issuer.notAfter.getTime()).toBeLessThanOrEqual(root.notAfter.getTime())
        expect(issuer.notBefore.getTime()).toBeGreaterThanOrEqual(root.notBefore.getTime())
      }),
      { numRuns: fuzzRuns(300) },
    )
  })
})
