import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { couldAllow } from '../../../lib/policy/couldAllow.ts'
import { decide } from '../../../lib/policy/decide.ts'
import type { Decision } from '../../../lib/policy/decision.ts'
import { isWorthAsking } from '../../../lib/policy/isWorthAsking.ts'
import { recordedSignals } from '../../../lib/policy/recordedSignals.ts'
import type { DeviceEvidence } from '../../../lib/policy/signals/deviceEvidence.ts'
import { type FactSource, factSources } from '../../../lib/policy/signals/factKinds.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'
import { signalsOf } from '../../../lib/policy/signalsOf.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { circumstancesOf, requests, withholding } from './evidenceCases.ts'

type Request = typeof requests extends fc.Arbitrary<infer Made> ? Made : never

const signalsBy = ({ facts }: Request, evidence: DeviceEvidence): Signals =>
  signalsOf(facts, circumstancesOf(evidence))
const decided = (request: Request, evidence = request.evidence): Decision =>
  decide(request.policies, signalsBy(request, evidence))

const check = (hold: (request: Request) => void) =>
  fc.assert(fc.property(requests, hold), { numRuns: fuzzRuns(1_000) })

const outages: readonly ReadonlySet<FactSource>[] = [
  ...factSources.map((source) => new Set([source])),
  new Set<FactSource>(['directory', 'intune']),
  new Set(factSources),
]

/** The evidence, each time without another part of it. */
const lessThan = (evidence: DeviceEvidence): readonly DeviceEvidence[] => {
  const { facts, directory } = evidence
  const attributes = directory?.attributes ?? {}
  return [
    ...outages.map((sources) => withholding(evidence, sources)),
    ...facts.map((one) => ({
      ...evidence,
      facts: facts.map((other) => (other === one ? { ...one, value: undefined } : other)),
    })),
    ...Object.keys(attributes).map((name) => ({
      ...evidence,
      directory: directory && { ...directory, attributes: { ...attributes, [name]: undefined } },
    })),
    ...Object.keys(directory?.proofs ?? {}).map((proof) => ({
      ...evidence,
      directory: directory && { ...directory, proofs: { ...directory.proofs, [proof]: 'unknown' as const } },
    })),
  ]
}

describe('decide(), by evidence about a device,', () => {
  it('allows and denies in what follows, and outages matter', () => {
    const all = fc.sample(requests, { numRuns: 2_000, seed: 1 })
    const allowed = all.filter((request) => decided(request).kind === 'allow')
    expect(allowed.length).toBeGreaterThan(200)
    expect(allowed.length).toBeLessThan(1_800)
    const less = allowed.filter(
      (one) => decided(one, withholding(one.evidence, new Set(['directory']))).kind === 'deny',
    )
    expect(less.length).toBeGreaterThan(50)
  })

  it('allows nobody for want of a fact, an attribute, or a source', () => {
    check((request) => {
      if (decided(request).kind === 'allow') return
      for (const less of lessThan(request.evidence)) expect(decided(request, less).kind).toBe('deny')
    })
  })

  it('allows nobody for want of a fact that the token tells', () => {
    check((request) => {
      if (decided(request).kind === 'allow') return
      for (const claim of Object.keys(request.facts.claims)) {
        const claims = { ...request.facts.claims, [claim]: undefined }
        expect(decided({ ...request, facts: { ...request.facts, claims } }).kind).toBe('deny')
      }
    })
  })

  it('takes for compliant only what token, directory and compliance policies all do', () => {
    check((request) => {
      const decision = decided(request)
      if (decision.kind === 'deny' || decision.proof !== 'compliantDevice') return
      const { facts, evidence } = request
      expect(decision.compliance?.compliant).toBe('yes')
      expect(['yes', undefined]).toContain(evidence.directory?.proofs.compliantDevice)
      expect(facts.tokenIssuer.complianceProofs === undefined || facts.claims['device_compliant']).toBe(true)
    })
  })

  it('comes to the same by what is kept of the signals', () => {
    check((request) => {
      const signals = signalsBy(request, request.evidence)
      const kept = JSON.stringify(recordedSignals(request.policies, signals, request.evidence))
      expect(decide(request.policies, JSON.parse(kept) as Signals)).toEqual(decided(request))
    })
  })
})

describe('couldAllow()', () => {
  it('is true of sources that are out wherever their word would be enough', () => {
    check((request) => {
      if (decided(request).kind === 'deny') return
      for (const sources of outages) {
        const circumstances = circumstancesOf(withholding(request.evidence, sources))
        expect(couldAllow({ ...request, circumstances }, sources)).toBe(true)
      }
    })
  })
})

describe('isWorthAsking()', () => {
  it('is false only where the decision is the same without the directory', () => {
    const silenced = new Set<FactSource>(['directory', 'intune'])
    check((request) => {
      const silent = withholding(request.evidence, silenced)
      if (isWorthAsking(request, request.policies, circumstancesOf(silent))) return
      expect(decided(request).kind).toBe(decided(request, silent).kind)
    })
  })
})
