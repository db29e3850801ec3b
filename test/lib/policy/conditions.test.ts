import { describe, expect, it } from 'vitest'
import type { Policies } from '../../../lib/policy/compilePolicies.ts'
import { decide } from '../../../lib/policy/decide.ts'
import { explain } from '../../../lib/policy/explain.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'
import { conditionCases, locations, type Truth } from './conditionCases.ts'
import {
  compiled,
  compliantDevices,
  graphPolicy,
  officeSignals,
  type PolicyChanges,
  thisService,
} from './policySet.ts'

type Members = Readonly<Record<string, unknown>>

const truths: readonly Truth[] = ['true', 'false', 'unknown']

/** How a policy applies: for certain, because nobody can tell, or not. */
type Applies = 'certainly' | 'perhaps' | 'not'

/**
 * "Exclude" beats "include", and all conditions must match:
 * https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policies
 * What Entra does where it does not know is not documented: here it binds.
 */
const applies: Readonly<Record<'include' | 'exclude' | 'absent', Readonly<Record<Truth, Applies>>>> = {
  include: { true: 'certainly', false: 'not', unknown: 'perhaps' },
  exclude: { true: 'not', false: 'certainly', unknown: 'perhaps' },
  absent: { true: 'certainly', false: 'certainly', unknown: 'certainly' },
}

/** What becomes of a request by what the policy asks for and how it applies. */
interface Part {
  readonly name: string
  readonly changes: PolicyChanges
  /** Whether everybody's device must be compliant by another policy, which permits. */
  readonly isBeside: boolean
  readonly becomes: Readonly<Record<Applies, string>>
}

const parts: readonly Part[] = [
  {
    name: 'blocks',
    changes: { grant: ['block'] },
    isBeside: true,
    becomes: { certainly: 'blocked', perhaps: 'blocked', not: 'allow' },
  },
  {
    name: 'asks for what is not proven',
    changes: { grant: ['mfa'] },
    isBeside: true,
    becomes: { certainly: 'notSatisfied', perhaps: 'notSatisfied', not: 'allow' },
  },
  {
    name: 'asks for what is proven',
    changes: {},
    isBeside: true,
    becomes: { certainly: 'allow', perhaps: 'allow', not: 'allow' },
  },
  {
    // By default Entra grants; here a policy must permit, and one that applies perhaps does not.
    name: 'is the one to permit',
    changes: {},
    isBeside: false,
    becomes: { certainly: 'allow', perhaps: 'complianceNotRequired', not: 'nothingApplied' },
  },
  {
    // https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-report-only
    name: 'would block, and only reports',
    changes: { grant: ['block'], state: 'enabledForReportingButNotEnforced' },
    isBeside: true,
    becomes: { certainly: 'allow', perhaps: 'allow', not: 'allow' },
  },
  {
    name: 'is disabled',
    changes: { grant: ['block'], state: 'disabled' },
    isBeside: true,
    becomes: { certainly: 'allow', perhaps: 'allow', not: 'allow' },
  },
]

const policiesOf = ({ changes, isBeside }: Part, conditions: Members): Policies =>
  compiled([graphPolicy('tested', conditions, changes), ...(isBeside ? [compliantDevices] : [])], {
    locations,
  })

const becomes = (policies: Policies, signals: Signals): string => {
  const decision = decide(policies, signals)
  return decision.kind === 'allow' ? 'allow' : decision.cause
}

const traceOf = (policies: Policies, signals: Signals) =>
  explain(policies, signals).policies.find(({ policy }) => policy.id === 'tested')

interface Row {
  readonly title: string
  readonly part: Part
  readonly conditions: Members
  readonly signals: Partial<Signals>
  readonly applies: Applies
  readonly condition: string
}

const rows: readonly Row[] = conditionCases.flatMap((one) =>
  (['include', 'exclude', 'absent'] as const).flatMap((position) => {
    const conditions = position === 'absent' ? {} : one[position]
    if (!conditions) return []
    return truths.flatMap((truth) =>
      parts.map((part) => ({
        title: `that ${part.name}, ${one.name} ${position}, ${truth}`,
        part,
        conditions,
        signals: one.signals[truth],
        applies: applies[position][truth],
        condition: one.condition,
      })),
    )
  }),
)

const matched: Readonly<Record<Applies, string>> = { certainly: 'yes', perhaps: 'unknown', not: 'no' }

describe('the table of conditions', () => {
  it('has every condition in every position, for everything that a policy may ask', () => {
    expect(rows.length).toBe(6 * 3 * (13 * 3 + 4 * 2))
    expect(conditionCases.every(({ source }) => source.startsWith('https://learn.microsoft.com/'))).toBe(true)
  })

  it.each(rows)('decides by a policy $title', (row) => {
    const policies = policiesOf(row.part, row.conditions)
    const signals = { ...officeSignals, ...row.signals }
    expect(becomes(policies, signals)).toBe(row.part.becomes[row.applies])
    const trace = traceOf(policies, signals)
    if (row.part.changes.state === 'disabled') expect(trace?.never).toBe('it is disabled')
    else {
      expect(trace?.matched).toBe(matched[row.applies])
      expect(trace?.unmatched).toBe(row.applies === 'not' ? row.condition : undefined)
      expect(trace?.applied?.unknown ?? []).toEqual(row.applies === 'perhaps' ? [row.condition] : [])
    }
  })
})

/** What two conditions of one policy make of it, by the truth of each. */
const together: Readonly<Record<string, Applies>> = {
  'true true': 'certainly',
  'true false': 'not',
  'true unknown': 'perhaps',
  'false true': 'not',
  'false false': 'not',
  'false unknown': 'not',
  'unknown true': 'perhaps',
  'unknown false': 'not',
  'unknown unknown': 'perhaps',
}

/** The same where the second one excludes. */
const excluding: Readonly<Record<string, Applies>> = {
  'true true': 'not',
  'true false': 'certainly',
  'true unknown': 'perhaps',
  'false true': 'not',
  'false false': 'not',
  'false unknown': 'not',
  'unknown true': 'not',
  'unknown false': 'perhaps',
  'unknown unknown': 'perhaps',
}

/** The same where any of the two is meant. */
const either: Readonly<Record<string, Applies>> = {
  'true true': 'certainly',
  'true false': 'certainly',
  'true unknown': 'certainly',
  'false true': 'certainly',
  'false false': 'not',
  'false unknown': 'perhaps',
  'unknown true': 'certainly',
  'unknown false': 'perhaps',
  'unknown unknown': 'perhaps',
}

const [, group, role] = conditionCases
const [, , , , , , platform, network] = conditionCases

const pairs = [
  {
    name: 'a platform at a network',
    conditions: { ...platform?.include, ...network?.include },
    cases: [platform, network],
    expected: together,
  },
  {
    name: 'a group without a role',
    conditions: { users: { includeGroups: ['contractors'], excludeRoles: ['administrators'] } },
    cases: [group, role],
    expected: excluding,
  },
  {
    name: 'a platform not at a network',
    conditions: { ...platform?.include, ...network?.exclude },
    cases: [platform, network],
    expected: excluding,
  },
  {
    name: 'a group or a role',
    conditions: { users: { includeGroups: ['contractors'], includeRoles: ['administrators'] } },
    cases: [group, role],
    expected: either,
  },
]

const pairRows = pairs.flatMap(({ name, conditions, cases: [first, second], expected }) =>
  truths.flatMap((one) =>
    truths.flatMap((other) =>
      parts
        .filter(({ changes }) => changes.state !== 'disabled')
        .map((part) => ({
          title: `that ${part.name}, for ${name}, ${one} and ${other}`,
          part,
          conditions,
          signals: { ...first?.signals[one], ...second?.signals[other] },
          applies: expected[`${one} ${other}`] ?? 'not',
        })),
    ),
  ),
)

describe('the table of two conditions', () => {
  it('has every pair', () => expect(pairRows.length).toBe(4 * 9 * 5))

  it.each(pairRows)('decides by a policy $title', (row) => {
    const policies = policiesOf(row.part, row.conditions)
    const signals = { ...officeSignals, ...row.signals }
    expect(becomes(policies, signals)).toBe(row.part.becomes[row.applies])
    expect(traceOf(policies, signals)?.matched).toBe(matched[row.applies])
  })
})

describe('a policy for some applications', () => {
  const other = '99999999-0000-4000-8000-000000000009'
  const scopes = [
    ['includes this service', { includeApplications: [other, thisService] }, 'certainly'],
    ['includes others', { includeApplications: [other, 'Office365'] }, 'not'],
    ['includes none', { includeApplications: ['None'] }, 'not'],
    ['excludes this service', { includeApplications: ['All'], excludeApplications: [thisService] }, 'not'],
    ['excludes others', { includeApplications: ['All'], excludeApplications: [other] }, 'certainly'],
  ] as const
  const scopeRows = scopes.flatMap(([name, applications, how]) =>
    parts
      .filter(({ changes }) => changes.state !== 'disabled')
      .map((part) => ({ title: `${part.name} and ${name}`, part, applications, how })),
  )

  it.each(scopeRows)('that $title', ({ part, applications, how }) => {
    expect(becomes(policiesOf(part, { applications }), officeSignals)).toBe(part.becomes[how])
  })
})

describe('conditions', () => {
  it('have places that All means, also where nobody knows the place', () => {
    const everywhere = compiled([graphPolicy('tested', { locations: { includeLocations: ['All'] } })])
    expect(becomes(everywhere, { ...officeSignals, clientIp: undefined, country: undefined })).toBe('allow')
  })

  it('take a place that nobody knows for any', () => {
    const policies = compiled([graphPolicy('tested', { locations: { includeLocations: ['moved'] } })])
    expect(becomes(policies, officeSignals)).toBe('complianceNotRequired')
  })

  it('have no trusted networks where none is trusted, whatever the address', () => {
    const policies = compiled([
      graphPolicy('tested', { locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] } }),
    ])
    expect(becomes(policies, { ...officeSignals, clientIp: undefined })).toBe('allow')
  })

  it('find nobody in a directory whose guests are of another type', () => {
    const users = { includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'internalGuest' } }
    const policies = compiled([graphPolicy('tested', { users }), compliantDevices])
    const guest = { type: 'serviceProvider', homeTenant: null } as const
    expect(traceOf(policies, { ...officeSignals, guest })?.matched).toBe('no')
  })
})
