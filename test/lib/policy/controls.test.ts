import { describe, expect, it } from 'vitest'
import { decide } from '../../../lib/policy/decide.ts'
import { explain } from '../../../lib/policy/explain.ts'
import type { Answer } from '../../../lib/policy/signals/signal.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'
import { at, compiled, compliantDevices, graphPolicy, officeSignals } from './policySet.ts'

type Members = Readonly<Record<string, unknown>>
type Proofs = Signals['proofs']

const answers: readonly Answer[] = ['yes', 'no', 'unknown']

const strength: Members = {
  id: '00000000-0000-0000-0000-000000000004',
  displayName: 'Phishing-resistant MFA',
  policyType: 'builtIn',
  requirementsSatisfied: 'mfa',
  allowedCombinations: ['windowsHelloForBusiness', 'fido2', 'x509CertificateMultiFactor'],
}

/** A control as Graph names it, and the proofs that make it so. */
interface ControlCase {
  readonly name: string
  readonly grant: Members
  readonly provenBy: string
  readonly isDevice: boolean
}

const builtIn = (name: string, isDevice = false): ControlCase => ({
  name,
  grant: { builtInControls: [name] },
  provenBy: name,
  isDevice,
})

/** https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant */
const compliant = builtIn('compliantDevice', true)
const hybrid = builtIn('domainJoinedDevice', true)
const mfa = builtIn('mfa')
/** https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths */
const resistant: ControlCase = {
  name: 'Phishing-resistant MFA',
  grant: { authenticationStrength: strength },
  provenBy: `strength ${String(strength['id'])}`,
  isDevice: false,
}

const grantOf = (operator: 'AND' | 'OR', ...controls: readonly ControlCase[]): Members => {
  const [first, ...more] = controls.map(({ grant }) => grant)
  const names = controls.flatMap(({ grant }) => (grant['builtInControls'] ?? []) as readonly string[])
  return { ...Object.assign({}, first, ...more), builtInControls: names, operator }
}

/** The user belongs to the group, or nobody can tell. */
const memberships = {
  certainly: { groups: ['contractors'] },
  perhaps: { groups: undefined },
} as const
type Membership = keyof typeof memberships

const forGroup = { users: { includeGroups: ['contractors'] } }

/** Satisfied or not, by Graph's operator and what is proven of two controls. */
const satisfied: Readonly<Record<'AND' | 'OR', Readonly<Record<string, boolean>>>> = {
  AND: { 'yes yes': true },
  OR: {
    'yes yes': true,
    'yes no': true,
    'yes unknown': true,
    'no yes': true,
    'unknown yes': true,
  },
}

interface Row {
  readonly title: string
  readonly grant: Members
  readonly proofs: Proofs
  readonly membership: Membership
  readonly isSatisfied: boolean
  /** Whether a device control of the grant is proven itself. */
  readonly hasDevice: boolean
}

const singleRows: readonly Row[] = [compliant, hybrid, mfa, resistant].flatMap((control) =>
  answers.flatMap((answer) =>
    (['certainly', 'perhaps'] as const).map((membership) => ({
      title: `${control.name} ${answer}, ${membership} applied`,
      grant: grantOf('OR', control),
      proofs: { [control.provenBy]: answer },
      membership,
      isSatisfied: answer === 'yes',
      hasDevice: control.isDevice && answer === 'yes',
    })),
  ),
)

const pairRows: readonly Row[] = (
  [
    [compliant, hybrid],
    [compliant, mfa],
    [mfa, hybrid],
    [mfa, resistant],
    [resistant, compliant],
  ] as const
).flatMap(([one, other]) =>
  (['AND', 'OR'] as const).flatMap((operator) =>
    answers.flatMap((first) =>
      answers.flatMap((second) =>
        (['certainly', 'perhaps'] as const).map((membership) => ({
          title: `${one.name} ${first} ${operator} ${other.name} ${second}, ${membership} applied`,
          grant: grantOf(operator, one, other),
          proofs: { [one.provenBy]: first, [other.provenBy]: second },
          membership,
          isSatisfied: satisfied[operator][`${first} ${second}`] ?? false,
          hasDevice: (one.isDevice && first === 'yes') || (other.isDevice && second === 'yes'),
        })),
      ),
    ),
  ),
)

const rows = [...singleRows, ...pairRows]

const becomes = (documents: readonly Members[], signals: Partial<Signals>): string => {
  const decision = decide(compiled(documents), { ...officeSignals, ...signals })
  return decision.kind === 'allow' ? 'allow' : decision.cause
}

describe('the table of controls', () => {
  it('has every control alone, and pairs by either operator', () => {
    expect(rows.length).toBe(4 * 3 * 2 + 5 * 2 * 9 * 2)
  })

  it.each(rows)('decides by $title, alone', ({ grant, proofs, membership, isSatisfied, hasDevice }) => {
    const expected = membership === 'certainly' && hasDevice ? 'allow' : 'complianceNotRequired'
    const signals = { ...memberships[membership], proofs }
    expect(becomes([graphPolicy('tested', forGroup, { grant })], signals)).toBe(
      isSatisfied ? expected : 'notSatisfied',
    )
  })

  const others = rows.filter(({ proofs }) => !Object.hasOwn(proofs, 'compliantDevice'))

  it.each(others)('decides by $title, beside one that permits', (row) => {
    const proofs = { compliantDevice: 'yes', ...row.proofs } as const
    const documents = [graphPolicy('tested', forGroup, { grant: row.grant }), compliantDevices]
    expect(becomes(documents, { ...memberships[row.membership], proofs })).toBe(
      row.isSatisfied ? 'allow' : 'notSatisfied',
    )
  })
})

describe('a control that nothing can prove', () => {
  it.each([
    ['OR', 'yes', 'allow'],
    ['OR', 'no', 'notSatisfied'],
    ['AND', 'yes', 'notSatisfied'],
  ] as const)('beside a compliant device by %s that is proven %s', (operator, compliantDevice, expected) => {
    const grant = { operator, builtInControls: ['approvedApplication', 'compliantDevice'] }
    expect(becomes([graphPolicy('tested', {}, { grant })], { proofs: { compliantDevice } })).toBe(expected)
  })
})

/** https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-how-it-works */
describe('an authentication strength', () => {
  const own = resistant.provenBy
  const policies = [graphPolicy('tested', {}, { grant: grantOf('OR', resistant) }), compliantDevices]

  it.each([
    [{ 'combination fido2': 'yes' }, 'allow'],
    [{ 'combination fido2': 'no', 'combination windowsHelloForBusiness': 'yes' }, 'allow'],
    [{ 'combination fido2': 'unknown', 'combination windowsHelloForBusiness': 'yes' }, 'allow'],
    [{ 'combination fido2': 'unknown', 'combination windowsHelloForBusiness': 'no' }, 'notSatisfied'],
    [{ 'combination password,sms': 'yes' }, 'notSatisfied'],
    [{ [own]: 'yes', 'combination password,sms': 'no' }, 'allow'],
    [{ [own]: 'yes', 'combination fido2': 'yes' }, 'allow'],
    [{ [own]: 'yes', 'combination fido2': 'no' }, 'notSatisfied'],
    [{ [own]: 'yes', 'combination fido2': 'unknown' }, 'notSatisfied'],
    [{ [own]: 'no', 'combination fido2': 'yes' }, 'notSatisfied'],
    [{ [own]: 'unknown', 'combination fido2': 'yes' }, 'notSatisfied'],
    [{ 'strength other': 'yes' }, 'notSatisfied'],
    [{}, 'notSatisfied'],
  ] as const)('with %j: %s', (proofs, expected) => {
    expect(becomes(policies, { proofs: { ...proofs, compliantDevice: 'yes' } })).toBe(expected)
  })
})

const frequency = (type: string, value: number): Members => ({
  signInFrequency: {
    isEnabled: true,
    type,
    value,
    authenticationType: 'primaryAndSecondaryAuthentication',
    frequencyInterval: 'timeBased',
  },
})
const everyTime: Members = {
  signInFrequency: {
    isEnabled: true,
    authenticationType: 'primaryAndSecondaryAuthentication',
    frequencyInterval: 'everyTime',
  },
}

/** https://learn.microsoft.com/entra/identity/conditional-access/concept-session-lifetime */
describe('a sign-in frequency', () => {
  it.each([
    ['two hours, just signed in', frequency('hours', 2), at, at + 7_200],
    ['two hours, an hour ago', frequency('hours', 2), at - 3_600, at + 3_600],
    ['two hours, five minutes before its end', frequency('hours', 2), at - 6_900, at + 300],
    ['two hours, less than five minutes before its end', frequency('hours', 2), at - 6_901, 'no'],
    ['two hours, at its end', frequency('hours', 2), at - 7_200, 'no'],
    ['two hours, long ago', frequency('hours', 2), 0, 'no'],
    ['two hours, by a clock that is ahead', frequency('hours', 2), at + 60, at + 7_200],
    ['two hours, nobody knows when', frequency('hours', 2), undefined, 'unknown'],
    ['two hours, never', frequency('hours', 2), null, 'unknown'],
    ['a day, two hours ago', frequency('days', 1), at - 7_200, at + 86_400 - 7_200],
    ['every time, just signed in', everyTime, at, 'no end'],
    ['every time, five minutes ago', everyTime, at - 300, 'no end'],
    ['every time, more than five minutes ago', everyTime, at - 301, 'no'],
    ['every time, nobody knows when', everyTime, undefined, 'unknown'],
  ] as const)('of %s', (_, session, authTime, expected) => {
    const policies = compiled([graphPolicy('tested', {}, { session })])
    const decision = decide(policies, { ...officeSignals, authTime })
    const [applied] = decision.applied
    if (decision.kind === 'allow') {
      expect(decision.cap?.endsAt ?? 'no end').toBe(expected)
      expect(applied?.missing).toEqual([])
    } else {
      const seconds = session === everyTime ? 300 : 6_900
      expect(applied?.missing).toEqual([{ kind: 'signIn', seconds, proven: expected }])
    }
  })

  it('that is a policy of its own binds, and permits nothing', () => {
    const alone = graphPolicy('tested', {}, { grant: [], session: frequency('hours', 2) })
    expect(becomes([alone], {})).toBe('complianceNotRequired')
    expect(becomes([alone, compliantDevices], {})).toBe('allow')
    expect(becomes([alone, compliantDevices], { authTime: undefined })).toBe('notSatisfied')
  })

  it('is missing beside the controls of its policy', () => {
    const policies = compiled([graphPolicy('tested', {}, { grant: ['mfa'], session: everyTime })])
    const [applied] = decide(policies, { ...officeSignals, authTime: 1 }).applied
    expect(applied?.missing.map(({ kind }) => kind)).toEqual(['controls', 'signIn'])
  })
})

describe('the life of a certificate', () => {
  const hours = (id: string, value: number, conditions: Members = {}) =>
    graphPolicy(id, conditions, { session: frequency('hours', value) })
  const endsOf = (documents: readonly Members[], lifetimes = {}, signals: Partial<Signals> = {}) => {
    const decision = decide(compiled(documents, { lifetimes }), { ...officeSignals, ...signals })
    return decision.kind === 'allow' ? decision.cap : decision.cause
  }

  it('has no end where no policy wants one', () => {
    expect(endsOf([compliantDevices])).toBeUndefined()
  })

  it('ends as the shortest of those that applied wants, and says which', () => {
    const day = graphPolicy('day', {}, { session: frequency('days', 1) })
    expect(endsOf([day, hours('two hours', 2), hours('five hours', 5)])).toEqual({
      endsAt: at - 60 + 7_200,
      policy: { id: 'two hours', displayName: 'two hours' },
      by: 'signInFrequency',
    })
  })

  it('is as long as the tenant says for a policy that applied', () => {
    const endsAt = at + 1_800
    const policy = { id: 'compliant devices', displayName: 'compliant devices' }
    expect(endsOf([compliantDevices], { 'compliant devices': 1_800, other: 300 })).toEqual({
      endsAt,
      policy,
      by: 'lifetimes',
    })
    expect(endsOf([hours('h', 2)], { h: 1_800 })).toMatchObject({ endsAt, by: 'lifetimes' })
    expect(endsOf([hours('h', 2)], { h: 86_400 })).toMatchObject({ by: 'signInFrequency' })
  })

  it.each([
    ['applies', { groups: ['contractors'] }, at + 1_800],
    ['may apply', { groups: undefined }, at + 1_800],
    ['does not apply', { groups: [] }, undefined],
  ] as const)('is shortened by a policy that %s', (_, signals, expected) => {
    const documents = [compliantDevices, graphPolicy('c', forGroup, { grant: ['mfa', 'compliantDevice'] })]
    expect(endsOf(documents, { c: 1_800 }, signals)).toEqual(
      expected === undefined ? undefined : expect.objectContaining({ endsAt: expected }),
    )
  })

  it('is not shortened by a policy that only reports', () => {
    const state = 'enabledForReportingButNotEnforced'
    const reporting = graphPolicy('r', {}, { state, session: frequency('hours', 1) })
    expect(endsOf([compliantDevices, reporting], { r: 300 })).toBeUndefined()
  })

  it('ends at whole seconds, never later than it should', () => {
    expect(endsOf([compliantDevices], { 'compliant devices': 600 }, { at: at + 0.9 })).toMatchObject({
      endsAt: at + 600,
    })
  })
})

describe('what a decision tells', () => {
  const documents = [
    graphPolicy('b blocks', forGroup, { grant: ['block'] }),
    graphPolicy('c asks', {}, { grant: { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] } }),
    graphPolicy('a offers', {}, { grant: ['mfa', 'domainJoinedDevice'] }),
    graphPolicy('d reports', {}, { grant: ['mfa'], state: 'enabledForReportingButNotEnforced' }),
    graphPolicy('e is off', {}, { state: 'disabled' }),
  ]
  const policies = compiled(documents)
  const control = (name: string, proven: Answer) => expect.objectContaining({ control: name, proven })

  it('names what each policy lacks: any one of some, or all', () => {
    const { applied, ...denied } = decide(policies, officeSignals)
    expect(denied).toEqual({ kind: 'deny', cause: 'notSatisfied' })
    expect(applied.map((one) => [one.policy.id, one.isReportOnly, one.missing])).toEqual([
      [
        'a offers',
        false,
        [{ kind: 'controls', oneOf: [control('mfa', 'no'), control('domainJoinedDevice', 'no')] }],
      ],
      ['c asks', false, [{ kind: 'controls', oneOf: [control('mfa', 'no')] }]],
      ['d reports', true, [{ kind: 'controls', oneOf: [control('mfa', 'no')] }]],
    ])
  })

  it('says a block before all else', () => {
    const denied = decide(policies, { ...officeSignals, groups: ['contractors'] })
    expect(denied).toMatchObject({ kind: 'deny', cause: 'blocked' })
    expect(denied.applied.find(({ policy }) => policy.id === 'b blocks')?.missing).toEqual([
      { kind: 'block' },
    ])
  })

  it('names the policy that permits, and its proof', () => {
    const proofs = { compliantDevice: 'yes', domainJoinedDevice: 'yes', mfa: 'yes' } as const
    expect(decide(policies, { ...officeSignals, proofs })).toMatchObject({
      kind: 'allow',
      permittedBy: { id: 'a offers' },
      proof: 'domainJoinedDevice',
    })
  })

  it('is explained with what did not apply, and why', () => {
    const { decision, policies: traces } = explain(policies, officeSignals)
    expect(decision).toEqual(decide(policies, officeSignals))
    expect(
      traces.map(({ policy, outcome, unmatched, never }) => [policy.id, outcome, unmatched, never]),
    ).toEqual([
      ['a offers', 'failed', undefined, undefined],
      ['b blocks', 'notApplied', 'users', undefined],
      ['c asks', 'failed', undefined, undefined],
      ['d reports', 'failed', undefined, undefined],
      ['e is off', 'notApplied', undefined, 'it is disabled'],
    ])
    expect(traces[1]?.conditions).toEqual([
      { condition: 'users', included: 'no', excluded: 'no', matched: 'no' },
    ])
    expect(traces[2]?.controls.map((one) => [one.control, one.proven])).toEqual([
      ['mfa', 'no'],
      ['compliantDevice', 'yes'],
    ])
  })

  it('is explained with the age of the sign-in, also where a policy did not apply', () => {
    const session = frequency('hours', 2)
    const { policies: traces } = explain(compiled([graphPolicy('p', forGroup, { session })]), officeSignals)
    expect(traces[0]?.signIn).toEqual({ seconds: 7_200, everyTime: false, proven: 'yes' })
  })
})

describe('a tenant without policies', () => {
  it.each([
    ['yes', 'allow'],
    ['no', 'notSatisfied'],
    ['unknown', 'notSatisfied'],
  ] as const)('asks for a compliant device, which is proven: %s', (compliantDevice, expected) => {
    expect(becomes([], { proofs: { compliantDevice, domainJoinedDevice: 'yes', mfa: 'yes' } })).toBe(expected)
  })

  it('is not one whose policies are all disabled', () => {
    expect(becomes([graphPolicy('off', {}, { state: 'disabled' })], {})).toBe('nothingApplied')
  })
})
