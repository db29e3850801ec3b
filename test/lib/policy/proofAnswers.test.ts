import { describe, expect, it } from 'vitest'
import { mistakenIn, proofAnswers } from '../../../lib/policy/proofAnswers.ts'
import { proofsOf } from '../../../lib/tenant/proofs.ts'
import type { Members } from '../../tenants.ts'
import { entraFacts, genericFacts } from './tokenFacts.ts'

const answersOf = (trust: Members, claims: Members, facts = genericFacts) => {
  const { tokenIssuer } = facts({ complianceProofs: undefined, ...trust }, {})
  return proofAnswers(proofsOf(tokenIssuer), claims)
}

const answerTo = (source: Members, claims: Members) =>
  answersOf({ proofs: [{ control: 'compliantDevice', ...source }] }, claims).compliantDevice

const byClaim = (equals: unknown) => ({ by: 'claim', claim: 'posture', equals })

describe('a proof by a claim', () => {
  it.each([
    ['good', 'good', 'yes'],
    ['good', ['other', 'good'], 'yes'],
    ['good', 'Good', 'no'],
    ['good', 'good ', 'no'],
    ['good', [], 'no'],
    ['good', [1, 'bad'], 'no'],
    [true, true, 'yes'],
    [true, false, 'no'],
    [true, [true, false], 'no'],
    [1, 2, 'no'],
    [1, [3, 1], 'yes'],
    [true, 'true', 'unknown'],
    [true, ['true'], 'unknown'],
    [true, 1, 'unknown'],
    [1, '1', 'unknown'],
    [1, true, 'unknown'],
    ['1', 1, 'unknown'],
    ['good', { good: true }, 'unknown'],
    ['good', [['good']], 'unknown'],
    ['good', null, 'unknown'],
    ['good', '', 'unknown'],
    ['good', undefined, 'unknown'],
  ])('of %j says by %j: %s', (equals, posture, expected) => {
    expect(answerTo(byClaim(equals), { posture })).toBe(expected)
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'takes %s for absent, which every object inherits',
    (claim) => {
      expect(answerTo({ by: 'claim', claim, equals: 'x' }, {})).toBe('unknown')
    },
  )

  it.each([
    [true, 'true', 'a string, true'],
    [true, ['true'], 'a list of others, true'],
    [1, true, 'a boolean, 1'],
    ['good', { good: true }, 'an object, "good"'],
  ])('of %j tells what %j is instead', (equals, posture, is) => {
    const source = { by: 'claim', claim: 'posture', equals } as const
    expect(mistakenIn(source, { posture })).toBe(`claim "posture" is ${is} wanted`)
    expect(mistakenIn(source, { posture: equals })).toBeUndefined()
    expect(mistakenIn(source, {})).toBeUndefined()
  })
})

describe('other proofs', () => {
  const context = { by: 'authenticationContext', context: 'c1', entraPolicy: 'CA1' }
  const acr = { by: 'acr', values: ['urn:strong', 'urn:stronger'] }
  const amr = { by: 'amr', contains: ['pwd', 'mfa'] }

  it.each([
    [context, { acrs: ['c3', 'c1'] }, 'yes'],
    [context, { acrs: 'c1' }, 'yes'],
    [context, { acrs: ['c11'] }, 'no'],
    [context, { acrs: ['C1'] }, 'no'],
    [context, { acrs: [] }, 'no'],
    [context, { acrs: 1 }, 'unknown'],
    [context, {}, 'unknown'],
    [acr, { acr: 'urn:stronger' }, 'yes'],
    [acr, { acr: 'urn:weak' }, 'no'],
    [acr, { acr: 2 }, 'unknown'],
    [acr, {}, 'unknown'],
    [amr, { amr: ['mfa', 'otp', 'pwd'] }, 'yes'],
    [amr, { amr: ['mfa'] }, 'no'],
    [amr, { amr: [] }, 'no'],
    [amr, { amr: [1] }, 'unknown'],
    [amr, {}, 'unknown'],
  ])('by %j say by %j: %s', (source, claims, expected) => {
    expect(answerTo(source, claims)).toBe(expected)
  })
})

describe('proofs of one control', () => {
  const claims = { yes: true, no: false }
  const source = (claim: string) => ({ by: 'claim', claim, equals: true })
  const all = (...names: readonly string[]) =>
    answersOf({ proofs: names.map((name) => ({ control: 'compliantDevice', ...source(name) })) }, claims)
  const any = (...names: readonly string[]) =>
    answersOf({ proofs: [{ control: 'mfa', by: 'anyOf', sources: names.map(source) }, deviceProof] }, claims)
  const deviceProof = { control: 'compliantDevice', ...source('yes') }

  it.each([
    [['yes', 'yes'], 'yes'],
    [['yes', 'unknown'], 'unknown'],
    [['unknown', 'yes'], 'unknown'],
    [['yes', 'no'], 'no'],
    [['no', 'unknown', 'yes'], 'no'],
    [['unknown', 'no'], 'no'],
  ])('must all hold: %j say %s', (names, expected) => {
    expect(all(...names)).toEqual({ compliantDevice: expected })
  })

  it.each([
    [['no', 'yes'], 'yes'],
    [['unknown', 'yes', 'no'], 'yes'],
    [['no', 'unknown'], 'unknown'],
    [['no', 'no'], 'no'],
  ])('are enough one by one where the tenant says anyOf: %j say %s', (names, expected) => {
    expect(any(...names).mfa).toBe(expected)
  })

  it('must hold beside an anyOf', () => {
    const anyOf = { control: 'compliantDevice', by: 'anyOf', sources: [source('no'), source('yes')] }
    const withNo = [anyOf, { control: 'compliantDevice', ...source('no') }]
    expect(answersOf({ proofs: [anyOf] }, claims)).toEqual({ compliantDevice: 'yes' })
    expect(answersOf({ proofs: withNo }, claims)).toEqual({ compliantDevice: 'no' })
  })

  it('are any of those that old documents name', () => {
    const complianceProofs = [
      { kind: 'claim', claim: 'no', equals: true },
      { kind: 'claim', claim: 'yes', equals: true },
    ]
    expect(answersOf({ complianceProofs }, claims)).toEqual({ compliantDevice: 'yes' })
    expect(answersOf({ complianceProofs }, claims, entraFacts)).toEqual({ compliantDevice: 'yes' })
  })

  it('are of each control by itself', () => {
    const proofs = [deviceProof, { control: 'combination fido2', ...source('no') }]
    expect(answersOf({ proofs }, claims)).toEqual({ compliantDevice: 'yes', 'combination fido2': 'no' })
  })
})
