import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../lib/policy/decide.ts'
import type { Decision } from '../../../lib/policy/decision.ts'
import { explain } from '../../../lib/policy/explain.ts'
import type { Answer } from '../../../lib/policy/signals/signal.ts'
import type { ProvableControl, Signals } from '../../../lib/policy/signals/signals.ts'
import { conditionCases, locations, type Truth } from './conditionCases.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { at, compiled, graphPolicy, officeSignals } from './policySet.ts'

type Members = Readonly<Record<string, unknown>>

const truth = fc.constantFrom<Truth>('true', 'false', 'unknown')
const answer = fc.constantFrom<Answer>('yes', 'no', 'unknown')
const anyCase = fc.constantFrom(...conditionCases)

const strength = { id: '00000000-0000-0000-0000-000000000004' }
const expanded = { ...strength, displayName: 'Strong', allowedCombinations: ['fido2', 'password,sms'] }

const grants = fc.constantFrom<readonly string[] | Members>(
  ['compliantDevice'],
  ['compliantDevice'],
  ['compliantDevice', 'domainJoinedDevice'],
  ['mfa', 'compliantDevice'],
  ['mfa'],
  ['block'],
  { operator: 'AND', builtInControls: ['domainJoinedDevice', 'mfa'] },
  { operator: 'OR', builtInControls: ['compliantDevice'], authenticationStrength: expanded },
  { operator: 'AND', builtInControls: ['approvedApplication'] },
)

const everyHours = (hours: number): Members => ({
  signInFrequency: {
    isEnabled: true,
    type: 'hours',
    value: hours,
    authenticationType: 'primaryAndSecondaryAuthentication',
    frequencyInterval: 'timeBased',
  },
})

/** Up to three conditions, of which each includes or excludes. */
const conditions = fc
  .array(fc.tuple(anyCase, fc.boolean()), { maxLength: 3 })
  .map((cases): Members =>
    Object.assign(
      {},
      ...cases.map(([one, isExcluded]) => (isExcluded && one.exclude ? one.exclude : one.include)),
    ),
  )

const policyIn = (state: 'enabled' | 'disabled' | 'enabledForReportingButNotEnforced') => (id: string) =>
  fc
    .record({ conditions, grant: grants, hours: fc.option(fc.constantFrom(1, 2, 24), { freq: 4 }) })
    .map(({ conditions: all, grant, hours }) =>
      graphPolicy(id, all, { state, grant, ...(hours === null ? {} : { session: everyHours(hours) }) }),
    )
const enabled = policyIn('enabled')
const reporting = policyIn('enabledForReportingButNotEnforced')

/** Some policies in force, and a disabled one, so that none of the sets is empty. */
const documents = fc
  .tuple(
    policyIn('disabled')('off'),
    fc
      .integer({ min: 0, max: 4 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => enabled(`policy ${index}`)))),
  )
  .map(([off, others]): readonly Members[] => [off, ...others])

const lifetimes = fc.dictionary(
  fc.constantFrom('policy 0', 'policy 1', 'added'),
  fc.integer({ min: 300, max: 7_200 }),
)

const proofNames: readonly ProvableControl[] = [
  'compliantDevice',
  'domainJoinedDevice',
  'mfa',
  `strength ${strength.id}`,
  'combination fido2',
]

const proofs = fc
  .tuple(fc.constantFrom<Answer>('yes', 'yes', 'no', 'unknown'), ...proofNames.slice(1).map(() => answer))
  .map((all) => Object.fromEntries(all.map((one, index) => [proofNames[index], one])) as Signals['proofs'])

const signals = fc
  .record({
    cases: fc.array(fc.tuple(anyCase, truth), { maxLength: 6 }),
    proofs,
    authTime: fc.constantFrom(at, at - 3_000, at - 6_000, at - 90_000, at + 30, undefined, null),
  })
  .map(({ cases, ...given }): Signals =>
    Object.assign({}, officeSignals, ...cases.map(([one, which]) => one.signals[which]), given),
  )

const given = { documents, lifetimes, signals }
type Lives = Readonly<Record<string, number>>

const compiledWith = (all: readonly Members[], lives: Lives) => compiled(all, { locations, lifetimes: lives })
const decided = (all: readonly Members[], lives: Lives, known: Signals): Decision =>
  decide(compiledWith(all, lives), known)

const endOf = (decision: Decision): number =>
  decision.kind === 'allow' ? (decision.cap?.endsAt ?? Infinity) : -Infinity

/** Holds a decision to another: what was denied stays denied, and no life is longer. */
const expectNoBetter = (than: Decision, decision: Decision) =>
  expect(endOf(decision)).toBeLessThanOrEqual(endOf(than))

/** What a decision says of the policies in force. */
const enforced = (decision: Decision) => ({
  ...decision,
  applied: decision.applied.filter(({ isReportOnly }) => !isReportOnly),
})

const check = <Given>(arbitrary: fc.Arbitrary<Given>, hold: (given: Given) => void) =>
  fc.assert(fc.property(arbitrary, hold), { numRuns: fuzzRuns(300) })

/** The signals that can be unknown, each as it was left out. */
const withholding = (known: Signals): readonly Signals[] => {
  const { version: _version, at: _at, proofs: _proofs, ...facts } = known
  const { guest, device } = known
  return [
    ...Object.keys(facts).map((name) => ({ ...known, [name]: undefined })),
    ...(guest ? [{ ...known, guest: { ...guest, type: undefined } }] : []),
    ...(guest ? [{ ...known, guest: { ...guest, homeTenant: undefined } }] : []),
    ...Object.keys(device ?? {}).map((name) => ({ ...known, device: { ...device, [name]: undefined } })),
  ]
}

const withProof = (known: Signals, said: Answer): readonly Signals[] =>
  Object.keys(known.proofs).map((name) => ({ ...known, proofs: { ...known.proofs, [name]: said } }))

describe('decide()', () => {
  it('allows and denies for every cause in what follows', () => {
    const found = new Set(
      fc
        .sample(fc.record(given), { numRuns: 600, seed: 1 })
        .map(({ documents: all, lifetimes: lives, signals: known }) => decided(all, lives, known))
        .map((decision) => (decision.kind === 'allow' ? `allow ${decision.cap?.by}` : decision.cause)),
    )
    expect([...found].sort()).toEqual([
      'allow lifetimes',
      'allow signInFrequency',
      'allow undefined',
      'blocked',
      'complianceNotRequired',
      'notSatisfied',
      'nothingApplied',
    ])
  })

  it('does not mind the order of policies', () => {
    const shuffled = documents.chain((all) =>
      fc.record({
        all: fc.constant(all),
        other: fc.shuffledSubarray([...all], { minLength: all.length }),
        lifetimes,
        signals,
      }),
    )
    check(shuffled, ({ all, other, lifetimes: lives, signals: known }) => {
      expect(decided(other, lives, known)).toEqual(decided(all, lives, known))
    })
  })

  it('allows because of one more policy only where none applied, or compliance was not required', () => {
    check(
      fc.record({ ...given, added: enabled('added') }),
      ({ documents: all, lifetimes: lives, signals: known, added }) => {
        const before = decided(all, lives, known)
        const after = decided([...all, added], lives, known)
        const mayHelp =
          before.kind === 'deny' && ['nothingApplied', 'complianceNotRequired'].includes(before.cause)
        if (!mayHelp) expectNoBetter(before, after)
      },
    )
  })

  it('says what a policy that only reports came to, and is the same without it', () => {
    check(
      fc.record({ ...given, added: reporting('added') }),
      ({ documents: all, lifetimes: lives, signals: known, added }) => {
        const without = decided(all, lives, known)
        expect(enforced(decided([...all, added], lives, known))).toEqual(without)
      },
    )
  })

  it('denies whatever else there is where a policy that applies, or may apply, blocks', () => {
    check(
      fc.record({ ...given, blocking: conditions }),
      ({ documents: all, lifetimes: lives, signals: known, blocking }) => {
        const block = graphPolicy('blocks', blocking, { grant: ['block'] })
        const policies = compiledWith([...all, block], lives)
        const { decision, policies: traces } = explain(policies, known)
        const isApplied = traces.find(({ policy }) => policy.id === 'blocks')?.matched !== 'no'
        if (isApplied) expect(decision).toMatchObject({ kind: 'deny', cause: 'blocked' })
        else expect(enforced(decision)).toEqual(decided(all, lives, known))
      },
    )
  })

  it('is no better where a signal is unknown', () => {
    check(fc.record(given), ({ documents: all, lifetimes: lives, signals: known }) => {
      const policies = compiledWith(all, lives)
      for (const less of withholding(known)) expectNoBetter(decide(policies, known), decide(policies, less))
    })
  })

  it('is no better where a proof is withheld, or says no', () => {
    check(fc.record(given), ({ documents: all, lifetimes: lives, signals: known }) => {
      const policies = compiledWith(all, lives)
      const less = [...withProof(known, 'unknown'), ...withProof(known, 'no'), { ...known, proofs: {} }]
      for (const one of less) expectNoBetter(decide(policies, known), decide(policies, one))
    })
  })

  it('needs a proof of the device that a policy asks for', () => {
    check(fc.record(given), ({ documents: all, lifetimes: lives, signals: known }) => {
      const bare = { ...known.proofs, compliantDevice: 'no', domainJoinedDevice: 'unknown' } as const
      expect(decided(all, lives, { ...known, proofs: bare }).kind).toBe('deny')
    })
  })

  it('is the same by signals that were stored and read again, and can be stored itself', () => {
    check(fc.record(given), ({ documents: all, lifetimes: lives, signals: known }) => {
      const decision = decided(all, lives, known)
      expect(decided(all, lives, JSON.parse(JSON.stringify(known)) as Signals)).toEqual(decision)
      expect(JSON.parse(JSON.stringify(decision))).toEqual(decision)
    })
  })

  it('is what explain() says, policy by policy', () => {
    check(fc.record(given), ({ documents: all, lifetimes: lives, signals: known }) => {
      const { decision, policies } = explain(compiledWith(all, lives), known)
      expect(decision).toEqual(decided(all, lives, known))
      for (const { permits, unknown, missing } of decision.applied)
        if (permits !== undefined) expect([...unknown, ...missing]).toEqual([])
      expect(policies.flatMap(({ applied }) => applied ?? [])).toEqual(decision.applied)
      for (const trace of policies.filter(({ never }) => never === undefined))
        expect(trace.unmatched).toBe(trace.conditions.find(({ matched }) => matched === 'no')?.condition)
    })
  })
})
