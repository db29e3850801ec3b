import fc from 'fast-check'
import { expect, vi } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type Slots, slotsOf } from '../../../lib/admission/slots.ts'

const limits = { total: 4, ofTenant: 3, ofSubject: 2, maxWaitingOfTenant: 3 }

/** One request, as whoever looks from outside knows it. */
interface Request {
  readonly tenant: string
  readonly subject: string
  readonly givesUpAt: number
  state: 'waiting' | 'running' | 'over' | 'subject-busy' | 'overloaded'
  release?: () => void
}

/** What a request wants, and how long it waits for it, in milliseconds. */
interface Wish {
  readonly tenant: string
  readonly subject: string
  readonly patience: number
}

/** What happens next. */
export type Step =
  | ({ readonly kind: 'acquire' } & Wish)
  | { readonly kind: 'release'; readonly which: number }
  | { readonly kind: 'pass'; readonly milliseconds: number }

/** Any step. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('acquire' as const),
      tenant: fc.constantFrom('a', 'a', 'a', 'b', 'c'),
      subject: fc.constantFrom('1', '2', '3', '4'),
      patience: fc.integer({ min: 1, max: 50 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      milliseconds: fc.integer({ min: 1, max: 30 }),
    }),
  },
)

/** Makes slots, beside all that was asked of them. Timers are fake. */
export const slotsModel = () => {
  const slots: Slots = slotsOf({ ...limits, chance: () => 0.5 })
  const requests: Request[] = []
  let time = 0

  const those = (state: Request['state'], of: Partial<Request> = {}): readonly Request[] =>
    requests.filter(
      (one) =>
        one.state === state &&
        (of.tenant ?? one.tenant) === one.tenant &&
        (of.subject ?? one.subject) === one.subject,
    )

  const had = (tenant: string): number => those('running', { tenant }).length

  const isFree = (tenant: string): boolean =>
    those('running').length < limits.total && had(tenant) < limits.ofTenant

  /** What must become of a request that comes now. */
  const expected = ({ tenant, subject }: Pick<Request, 'tenant' | 'subject'>): Request['state'] => {
    const of = { tenant, subject }
    if (those('running', of).length + those('waiting', of).length >= limits.ofSubject) return 'subject-busy'
    if (isFree(tenant)) return 'running'
    return those('waiting', { tenant }).length >= limits.maxWaitingOfTenant ? 'overloaded' : 'waiting'
  }

  /** What holds at any time. */
  const check = (): void => {
    const [running, waiting] = [those('running'), those('waiting')]
    expect(slots.depth).toEqual({ running: running.length, waiting: waiting.length })
    expect(running.length).toBeLessThanOrEqual(limits.total)
    for (const { tenant, subject } of requests) {
      expect(had(tenant)).toBeLessThanOrEqual(limits.ofTenant)
      expect(those('waiting', { tenant }).length).toBeLessThanOrEqual(limits.maxWaitingOfTenant)
      const ofSubject = [...those('running', { tenant, subject }), ...those('waiting', { tenant, subject })]
      expect(ofSubject.length).toBeLessThanOrEqual(limits.ofSubject)
    }
    // Nobody waits for what is free, and nobody longer than it can.
    for (const { tenant, givesUpAt } of waiting) {
      expect(isFree(tenant)).toBe(false)
      expect(givesUpAt).toBeGreaterThan(time)
    }
  }

  const pass = async (milliseconds: number): Promise<void> => {
    time += milliseconds
    await vi.advanceTimersByTimeAsync(milliseconds)
    check()
  }

  const acquire = async ({ tenant, subject, patience }: Wish): Promise<void> => {
    const wanted = expected({ tenant, subject })
    const request: Request = { tenant, subject, givesUpAt: time + patience, state: 'waiting' }
    slots.acquire({ tenant, subject: `${tenant}${subject}` }, patience).then(
      (release) => Object.assign(request, { state: 'running', release }),
      (error: unknown) => (request.state = error instanceof Refusal ? (error.code as 'overloaded') : 'over'),
    )
    requests.push(request)
    await pass(0)
    expect(request.state).toBe(wanted)
  }

  const release = async (which: number): Promise<void> => {
    const running = those('running')
    const request = running[which % Math.max(1, running.length)]
    if (!request) return
    const waiting = those('waiting')
    request.state = 'over'
    const before = new Map(waiting.map(({ tenant }) => [tenant, had(tenant)]))
    request.release?.()
    await pass(0)
    const [next, ...more] = waiting.filter(({ state }) => state === 'running')
    expect(more).toEqual([])
    if (!next) return
    // No tenant that waits had fewer, and of its own it waited longest.
    expect(before.get(next.tenant)).toBe(Math.min(...before.values()))
    expect(waiting.find(({ tenant }) => tenant === next.tenant)).toBe(next)
  }

  /** After everybody went, everything is there again. */
  const end = async (): Promise<void> => {
    await pass(50)
    while (those('running').length > 0) await release(0)
    expect(slots.depth).toEqual({ running: 0, waiting: 0 })
    expect(vi.getTimerCount()).toBe(0)
    for (const subject of ['1', '1', '2']) await acquire({ tenant: 'a', subject, patience: 1 })
    await acquire({ tenant: 'b', subject: '1', patience: 1 })
    expect(those('running')).toHaveLength(limits.total)
  }

  const take = (step: Step): Promise<void> => {
    if (step.kind === 'acquire') return acquire(step)
    return step.kind === 'release' ? release(step.which) : pass(step.milliseconds)
  }

  return { requests, take, end }
}
