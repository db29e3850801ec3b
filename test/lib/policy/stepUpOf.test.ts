import { describe, expect, it } from 'vitest'
import { decide } from '../../../lib/policy/decide.ts'
import { signalsOf, type TokenFacts } from '../../../lib/policy/signalsOf.ts'
import { stepUpOf } from '../../../lib/policy/stepUpOf.ts'
import type { Members } from '../../tenants.ts'
import { at, compiled, graphPolicy } from './policySet.ts'
import { entraFacts, genericFacts } from './tokenFacts.ts'

const circumstances = { at, clientIp: undefined, countryOf: undefined, evidence: undefined }

const stepUp = (facts: TokenFacts, ...documents: readonly Members[]) => {
  const policies = compiled(documents)
  const decision = decide(policies, signalsOf(facts, circumstances))
  if (decision.kind === 'allow') throw new Error('The token is allowed as it is.')
  return stepUpOf({ facts, circumstances, policies }, decision)
}

const context = (name: string) => ({ by: 'authenticationContext', context: name, entraPolicy: 'CA1' })
const byContext = (control: string, name: string) => ({ control, ...context(name) })
const byClaim = (control: string, claim: string) => ({ control, by: 'claim', claim, equals: true })
const byAcr = (control: string, ...values: readonly string[]) => ({ control, by: 'acr', values })

const device = graphPolicy('device')
const mfa = graphPolicy('mfa', {}, { grant: ['mfa'] })
const session = {
  signInFrequency: {
    isEnabled: true,
    type: 'hours',
    value: 1,
    authenticationType: 'primaryAndSecondaryAuthentication',
    frequencyInterval: 'timeBased',
  },
}
const everyTime = {
  isEnabled: true,
  authenticationType: 'primaryAndSecondaryAuthentication',
  frequencyInterval: 'everyTime',
}
const hourly = graphPolicy('hourly', {}, { grant: [], session })
const signals = { authTime: 'auth_time' }

describe('stepUpOf() for Entra', () => {
  const facts = (proofs: readonly Members[], claims: Members = {}, trust: Members = {}) =>
    entraFacts({ complianceProofs: undefined, proofs, ...trust }, claims)
  const proofs = [byContext('compliantDevice', 'c1'), byContext('mfa', 'c2'), byContext('mfa', 'c3')]
  const contexts = (...names: readonly string[]) => ({
    contexts: names,
    acrValues: [],
    maxAgeSeconds: undefined,
  })

  it('asks for the contexts that are missing, and for no others', () => {
    expect(stepUp(facts(proofs, { acrs: ['c2', 'c3'] }), device, mfa)).toEqual(contexts('c1'))
    expect(stepUp(facts(proofs, { acrs: ['c1'] }), device, mfa)).toEqual(contexts('c2', 'c3'))
    expect(stepUp(facts(proofs), device)).toEqual(contexts('c1'))
    expect(stepUp(facts(proofs, { acrs: 'c9' }), device)).toEqual(contexts('c1'))
  })

  it('asks for one where one of several would do', () => {
    const either = [{ control: 'compliantDevice', by: 'anyOf', sources: [context('c1'), context('c2')] }]
    expect(stepUp(facts(either), device)).toEqual(contexts('c1'))
  })

  it('asks for nothing where something else is missing as well', () => {
    const mixed = [byContext('mfa', 'c2'), byClaim('compliantDevice', 'ok')]
    expect(stepUp(facts(mixed), device, mfa)).toBeUndefined()
    expect(stepUp(facts(mixed, { ok: true }), device, mfa)).toEqual(contexts('c2'))
    expect(stepUp(facts(proofs), device, graphPolicy('block', {}, { grant: ['block'] }))).toBeUndefined()
    expect(stepUp(facts(proofs), graphPolicy('tou', {}, { grant: ['approvedApplication'] }))).toBeUndefined()
  })

  it('asks for nothing where a claim denies what the context would prove', () => {
    const both = [byContext('compliantDevice', 'c1'), byClaim('compliantDevice', 'ok')]
    expect(stepUp(facts(both, { ok: false }), device)).toBeUndefined()
    expect(stepUp(facts(both, { ok: true }), device)).toEqual(contexts('c1'))
  })

  it('asks for nothing where no policy would permit', () => {
    const group = graphPolicy('group', { users: { includeGroups: ['g'] } })
    expect(stepUp(facts(proofs), group)).toBeUndefined()
    expect(stepUp(facts(proofs), mfa)).toBeUndefined()
  })

  it('tells how fresh the sign-in must be', () => {
    const stale = facts(proofs, { acrs: ['c1'], auth_time: at - 9_999 }, { signals })
    expect(stepUp(stale, device, hourly)).toEqual({ contexts: [], acrValues: [], maxAgeSeconds: 3_300 })
  })
})

describe('stepUpOf() for other issuers', () => {
  const facts = (proofs: readonly Members[], claims: Members = {}) =>
    genericFacts({ complianceProofs: undefined, proofs, signals }, { ok: true, auth_time: at, ...claims })
  const proofs = [byClaim('compliantDevice', 'ok'), byAcr('mfa', 'urn:mfa', 'urn:key')]
  const strength = {
    id: '00000000-0000-0000-0000-000000000009',
    displayName: 'Keys',
    policyType: 'custom',
    requirementsSatisfied: 'mfa',
    allowedCombinations: ['fido2'],
  }
  const keys = graphPolicy('keys', {}, { grant: { operator: 'OR', authenticationStrength: strength } })

  it('asks for any class that would do', () => {
    const acr = (...acrValues: readonly string[]) => ({ contexts: [], acrValues, maxAgeSeconds: undefined })
    expect(stepUp(facts(proofs, { acr: 'urn:password' }), device, mfa)).toEqual(acr('urn:mfa', 'urn:key'))
    const withKeys = [...proofs, byAcr('combination fido2', 'urn:key')]
    expect(stepUp(facts(withKeys), device, mfa, keys)).toEqual(acr('urn:key'))
  })

  it('asks for a fresh sign-in alone, or with a class', () => {
    const stale = { auth_time: at - 3_301 }
    const maxAgeSeconds = 3_300
    expect(stepUp(facts(proofs, stale), device, hourly)).toEqual({
      contexts: [],
      acrValues: [],
      maxAgeSeconds,
    })
    expect(stepUp(facts(proofs, stale), device, hourly, mfa)).toMatchObject({
      acrValues: ['urn:mfa', 'urn:key'],
      maxAgeSeconds,
    })
    const twice = graphPolicy('always', {}, { grant: [], session: { signInFrequency: everyTime } })
    expect(stepUp(facts(proofs, stale), device, hourly, twice)?.maxAgeSeconds).toBe(300)
  })

  it('asks for nothing where no claim would tell of a fresh sign-in', () => {
    const { tokenIssuer, ...rest } = facts(proofs, { auth_time: 1 })
    const unmapped = { ...rest, tokenIssuer: { ...tokenIssuer, signals: undefined } }
    expect(stepUp(unmapped, device, hourly)).toBeUndefined()
  })

  it('asks for nothing where the device is not compliant', () => {
    expect(stepUp(facts(proofs, { ok: false }), device, mfa)).toBeUndefined()
  })

  it('does not mind policies that only report', () => {
    const state = 'enabledForReportingButNotEnforced'
    const reporting = graphPolicy('r', {}, { grant: [], session, state })
    expect(stepUp(facts(proofs, { auth_time: 1 }), device, mfa, reporting)?.maxAgeSeconds).toBeUndefined()
  })
})
