import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { authorityStatus } from '../../../../lib/authority/change/authorityStatus.ts'
import type { Authority } from '../../../../lib/authority/authority.ts'
import {
  type Generation,
  generationId,
  type GenerationState,
  isPublished,
} from '../../../../lib/authority/generation.ts'
import {
  type Circumstances,
  type Plan,
  planActivate,
  planDeactivate,
  planRetire,
  planTaint,
} from '../../../../lib/authority/change/plan.ts'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import { testTime } from '../../../world.ts'
import {
  applyPlan,
  authorityOf,
  circumstancesOf,
  daysAway,
  endingAt,
  generationIn,
  generationOf,
} from '../generations.ts'

/** The longest that leaves live, so that many issuers end before one would. */
const leafLifetimeSeconds = 86_400

const plans = [planActivate, planDeactivate, planRetire, planTaint]

/** The states that an issuer can have beneath a root in this state. */
const statesBeneath: Readonly<Record<GenerationState, readonly GenerationState[]>> = {
  staged: ['staged', 'retired', 'tainted'],
  active: ['staged', 'active', 'retiring', 'retired', 'tainted'],
  retiring: ['staged', 'active', 'retiring', 'retired', 'tainted'],
  retired: ['retired', 'tainted'],
  tainted: ['retired', 'tainted'],
}

const hours = fc.integer({ min: -40 * 24, max: 0 }).map((count) => daysAway(count / 24))
const sequence = fc.integer({ min: 1, max: 7 })
const ends = fc.integer({ min: -1, max: 60 }).map(daysAway)

const rootStates = fc
  .array(fc.constantFrom<GenerationState>('staged', 'retiring', 'retired', 'tainted'), { maxLength: 3 })
  .chain((others) =>
    fc.constantFrom<GenerationState>('active', 'staged', 'retiring').map((first) => [first, ...others]),
  )

const someGeneration = (kind: Generation['kind'], number: number, state: GenerationState, signedBy: string) =>
  fc
    .record({ publishedAt: hours, changedAt: hours, publishedSequence: sequence, notAfter: ends })
    .map(({ notAfter, ...times }) =>
      endingAt(generationOf(generationId(kind, number), state, { ...times, signedBy }), notAfter),
    )

const issuerBeneath = (roots: readonly GenerationState[], number: number) =>
  fc
    .nat({ max: roots.length - 1 })
    .chain((index) =>
      fc
        .constantFrom(...statesBeneath[roots[index] ?? 'tainted'])
        .chain((state) => someGeneration('issuer', number, state, generationId('root', index + 1))),
    )

/** Any authority that keeps the invariants: up to four roots, up to five issuers. */
const authorities: fc.Arbitrary<Authority> = rootStates.chain((states) =>
  fc
    .tuple(
      fc.tuple(
        ...states.map((state, index) =>
          someGeneration('root', index + 1, state, generationId('root', index + 1)),
        ),
      ),
      fc
        .nat({ max: 5 })
        .chain((count) =>
          fc.tuple(...Array.from({ length: count }, (_, index) => issuerBeneath(states, index + 1))),
        ),
    )
    .map(([roots, issuers]) => authorityOf([...roots, ...issuers])),
)

interface Step {
  readonly plan: number
  readonly subject: number
  readonly hoursLater: number
  readonly force: boolean
}

const steps = fc.array(
  fc.record<Step>({
    plan: fc.nat({ max: plans.length - 1 }),
    subject: fc.nat({ max: 8 }),
    hoursLater: fc.nat({ max: 100 }),
    force: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
)

const parties = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b'),
    installedSequence: fc.nat({ max: 8 }),
    doubt: fc.constant(''),
  }),
  {
    maxLength: 2,
  },
)

/** One plan that was carried out, and what it was carried out on. */
interface Move {
  readonly before: Authority
  readonly plan: Plan
  readonly after: Authority
  readonly replan: () => Plan
  readonly now: Date
}

const planned = (plan: () => Plan): Plan | undefined => {
  try {
    return plan()
  } catch (error) {
    if (error instanceof Refusal && error.code === 'transition-refused') return undefined
    throw error
  }
}

/** Carries out the steps as an administrator can: what is refused, or breaks something unforced, does not happen. */
const movesOf = (start: Authority, all: readonly Step[], relyingParties: Circumstances['relyingParties']) => {
  const moves: Move[] = []
  let before = start
  let now = testTime
  for (const { plan: which, subject: index, hoursLater, force } of all) {
    now = new Date(now.getTime() + hoursLater * 3_600_000)
    const circumstances = { ...circumstancesOf(now), leafLifetimeSeconds, relyingParties }
    const make = plans[which] ?? planTaint
    const subject = before.generations[index % before.generations.length]
    if (!subject) continue
    const plan = planned(() => make(before, subject, circumstances))
    if (!plan || (plan.breaks.length > 0 && !force)) continue
    const after = applyPlan(before, plan, now)
    const replan = () => make(after, generationIn(after, subject.id), circumstances)
    moves.push({ before, plan, after, replan, now })
    before = after
  }
  return moves
}

const always = (check: (move: Move) => void): void => {
  fc.assert(
    fc.property(authorities, steps, parties, (start, all, relyingParties) => {
      for (const move of movesOf(start, all, relyingParties)) check(move)
    }),
    { numRuns: 300 },
  )
}

const rootsOf = ({ generations }: Authority) => generations.filter(({ kind }) => kind === 'root')
const issuersOf = ({ generations }: Authority) => generations.filter(({ kind }) => kind === 'issuer')

/** The issuers that last as long as a leaf made now: it is valid until the second before its lifetime is over. */
const signing = (authority: Authority, now: Date) => {
  const leafEnd = (Math.floor(now.getTime() / 1000) + leafLifetimeSeconds - 1) * 1000
  return issuersOf(authority).filter(
    ({ state, tbs }) => state === 'active' && tbs.notAfter.getTime() >= leafEnd,
  )
}

describe('whatever an administrator does, forced or not,', () => {
  it('at most one root is active', () => {
    always(({ after }) =>
      expect(rootsOf(after).filter(({ state }) => state === 'active').length).toBeLessThanOrEqual(1),
    )
  })

  it('the state of each issuer is one that it can have beneath its root: active beneath active or retiring alone', () => {
    always(({ after }) => {
      for (const { state, signedBy } of issuersOf(after))
        expect(statesBeneath[generationIn(after, signedBy).state]).toContain(state)
    })
  })

  it('the bundle keeps a root that can sign it', () => {
    always(({ after, plan, now }) => {
      if (plan.changes.length === 0) return
      const isAble = (root: Generation) => isPublished(root) && root.tbs.notAfter > now
      expect(rootsOf(after).some(isAble)).toBe(true)
    })
  })

  it('what is tainted stays so, and what is retired can only become tainted', () => {
    always(({ before, after }) => {
      for (const { id, state } of before.generations) {
        const now = generationIn(after, id).state
        if (state === 'tainted') expect(now).toBe('tainted')
        if (state === 'retired') expect(['retired', 'tainted']).toContain(now)
      }
    })
  })

  it('nothing is staged that was put to work', () => {
    always(({ before, after }) => {
      for (const { id, state } of before.generations)
        if (state !== 'staged') expect(generationIn(after, id).state).not.toBe('staged')
    })
  })

  it('a plan tells each change once, from the state that was, and a second plan has none', () => {
    always(({ before, plan, replan }) => {
      expect(new Set(plan.changes.map(({ id }) => id)).size).toBe(plan.changes.length)
      for (const { id, from, to } of plan.changes) {
        expect(generationIn(before, id).state).toBe(from)
        expect(to).not.toBe(from)
      }
      expect(replan()).toMatchObject({ changes: [], breaks: [] })
    })
  })

  it('a plan touches the subject, what is beneath a tainted root, and the root that an active one replaces', () => {
    always(({ before, plan }) => {
      for (const { id, to } of plan.changes.filter((change) => change.id !== plan.subject)) {
        const { kind, signedBy, state } = generationIn(before, id)
        const isDragged = plan.action === 'taint' && kind === 'issuer' && signedBy === plan.subject
        const isReplaced =
          plan.action === 'activate' && kind === 'root' && state === 'active' && to === 'retiring'
        expect(isDragged || isReplaced).toBe(true)
      }
    })
  })
})

describe('what breaks nothing', () => {
  it('never leaves nobody to sign where somebody did', () => {
    always(({ before, plan, after, now }) => {
      if (plan.breaks.length > 0 || signing(before, now).length === 0) return
      expect(signing(after, now).length).toBeGreaterThan(0)
    })
  })

  it('puts nothing to work within its publication window, or before every relying party has it', () => {
    fc.assert(
      fc.property(authorities, steps, parties, (start, all, relyingParties) => {
        for (const { before, plan, now } of movesOf(start, all, relyingParties)) {
          if (plan.action !== 'activate' || plan.changes.length === 0 || plan.breaks.length > 0) continue
          const { publishedAt, publishedSequence } = generationIn(before, plan.subject)
          expect(now.getTime() - publishedAt.getTime()).toBeGreaterThanOrEqual(7 * 86_400_000)
          for (const { installedSequence } of relyingParties)
            expect(installedSequence).toBeGreaterThanOrEqual(publishedSequence)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('takes no issuer out of the bundle while a certificate of it can be valid', () => {
    always(({ before, plan, now }) => {
      if (plan.action !== 'retire' || plan.breaks.length > 0) return
      for (const { id, from } of plan.changes.filter((change) => change.id.startsWith('issuer'))) {
        const { changedAt, tbs } = generationIn(before, id)
        if (from === 'staged') continue
        const longest = 24 * 3_600_000 + 600_000
        expect(now.getTime()).toBeGreaterThanOrEqual(
          Math.min(changedAt.getTime() + longest, tbs.notAfter.getTime()),
        )
      }
    })
  })
})

describe('authorityStatus()', () => {
  it('says that something may be done exactly when its plan breaks nothing', () => {
    fc.assert(
      fc.property(authorities, steps, parties, (start, all, relyingParties) => {
        for (const { after, now } of movesOf(start, all, relyingParties)) {
          const circumstances = { ...circumstancesOf(now), relyingParties }
          for (const { generation, nextStep } of authorityStatus(after, circumstances)) {
            const ready = /^(?:standby: )?(activate|retire)(?: to roll over|: it ended)?$/.exec(nextStep)?.[1]
            if (ready === undefined) continue
            const make = ready === 'activate' ? planActivate : planRetire
            expect(make(after, generation, circumstances).breaks).toEqual([])
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the moves of these properties', () => {
  it('are of every kind, so that none of them holds for want of any', () => {
    const seen = new Set<string>()
    always(({ plan, before }) => {
      const { kind } = generationIn(before, plan.subject)
      seen.add(`${plan.action} ${kind} ${plan.changes.length > 0} ${plan.breaks.length > 0}`)
    })
    for (const kind of ['root', 'issuer'])
      for (const action of ['activate', 'deactivate', 'retire', 'taint'])
        expect(seen).toContain(`${action} ${kind} true ${action === 'deactivate' && kind === 'root'}`)
    expect(seen).toContain('taint issuer true true')
    expect(seen).toContain('activate root true true')
  })
})
