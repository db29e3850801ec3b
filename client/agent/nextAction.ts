import type { AgentState } from './agentState.ts'

/** The certificate that is held. */
export interface HeldUntil {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** What an agent does next with a credential. */
export type NextAction =
  | { readonly kind: 'renew'; readonly why: string }
  | { readonly kind: 'wait'; readonly until: Date; readonly why: string }

/** When a certificate may be renewed. */
export interface RenewalWindow {
  readonly start: Date
  readonly end: Date
}

/** Times of back-off, in milliseconds: what passes by itself is tried sooner than what somebody has to mend. */
const passing = { first: 15_000, most: 300_000 } as const
const refused = { first: 60_000, most: 900_000 } as const

/** The longest that a service can ask an agent to wait. */
const mostAskedMilliseconds = 3_600_000

/** How soon after an attempt there may be another when something changed: the network, the clock, somebody who connects. */
const spacing = { passing: 15_000, refused: 60_000 } as const

/** The least time between a certificate and the next, whatever its service says of the window. */
export const leastMilliseconds = 30_000

/** The longest pause that backOff() makes. */
const longestMilliseconds = 1.5 * mostAskedMilliseconds

/** What clocks may differ by. */
const toleratedMilliseconds = 60_000

const later = (time: Date, milliseconds: number): Date => new Date(time.getTime() + milliseconds)

const latest = (...times: readonly Date[]): Date => new Date(Math.max(...times.map(Number)))

/** A time of the state; one that cannot be read is long past. */
const timeOf = (text: string | undefined): Date | undefined => {
  if (text === undefined) return undefined
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? new Date(0) : time
}

/** The window of a certificate whose service did not tell one to this agent: of the third quarter of its life. */
export const usualWindow = ({ notBefore, notAfter }: HeldUntil): RenewalWindow => {
  const life = notAfter.getTime() - notBefore.getTime()
  return { start: later(notBefore, life / 2), end: later(notBefore, (3 * life) / 4) }
}

/** Chooses the moment of a window at which to renew: each client another, so that they do not come at once. */
export const momentOf = ({ start, end }: RenewalWindow, chance: number, now: Date): Date => {
  const from = latest(start, later(now, leastMilliseconds))
  return later(from, chance * Math.max(0, end.getTime() - from.getTime()))
}

/** An attempt that failed. */
export interface Failure {
  readonly isRefusal: boolean
  /** How many there were since the last certificate, with this one. */
  readonly failures: number
  /** What the service asked for; 0 when it did not. */
  readonly retryAfterSeconds: number
  /** Of the certificate that is held; 0 without one, and below for one that ended. */
  readonly leftMilliseconds: number
}

/**
 * The longest wait of the back-off: what passes by itself is tried again before much of the certificate is gone, so that a service
 * that comes back late is not missed.
 */
const longestOf = ({ isRefusal, leftMilliseconds }: Failure): number => {
  if (isRefusal) return refused.most
  if (leftMilliseconds <= 0) return passing.most
  return Math.min(passing.most, Math.max(passing.first, leftMilliseconds / 4))
}

/** Says how long to wait after a failure: longer each time, never less than the service asks, never all at once. */
export const backOff = (
  failure: Failure,
  chance: number,
): { readonly milliseconds: number; readonly asked: number } => {
  const { first } = failure.isRefusal ? refused : passing
  const delay = Math.min(longestOf(failure), first * 2 ** Math.min(failure.failures - 1, 16))
  const told = Math.max(0, failure.retryAfterSeconds * 1000)
  const asked = Math.min(told, mostAskedMilliseconds)
  return { milliseconds: Math.max(delay * (0.5 + chance / 2), asked * (1 + chance / 2)), asked }
}

/** When the next attempt may be after something changed: soon, but not at once again, and not against the service's word. */
export const lookAgain = (state: AgentState): AgentState => {
  const { retryAt, askedUntil, lastError } = state
  const [at, until] = [timeOf(lastError?.at), timeOf(retryAt)]
  if (!lastError || !at || !until) return state
  const soon = later(at, lastError.isRefusal ? spacing.refused : spacing.passing)
  const earliest = latest(soon, timeOf(askedUntil) ?? soon)
  return { ...state, retryAt: new Date(Math.min(Number(earliest), Number(until))).toISOString() }
}

/** The moment that was chosen; one beyond the certificate, which nobody chose, counts for nothing. */
const renewAtOf = (held: HeldUntil | undefined, state: AgentState, now: Date): Date => {
  const renewAt = timeOf(state.renewAt) ?? now
  return held && renewAt > held.notAfter ? usualWindow(held).end : renewAt
}

/**
 * Until when nothing is sent. What was remembered while the clock was ahead of the time holds nobody up for hours once it is set
 * right.
 */
const pauseOf = ({ retryAt, lastError }: AgentState, now: Date): Date | undefined => {
  const until = timeOf(retryAt)
  if (!until || until <= now) return undefined
  const most = lastError ? longestMilliseconds : leastMilliseconds
  const isOfFuture = (timeOf(lastError?.at) ?? now) > later(now, toleratedMilliseconds)
  return isOfFuture || until > later(now, most + toleratedMilliseconds) ? undefined : until
}

/** By how much services date certificates back, for clocks that are behind. */
const datedBackMilliseconds = 300_000

/** What is wanted of a certificate; one that was never good for so long is followed by others like it, so half its life has to do. */
const wantedOf = ({ notBefore, notAfter }: HeldUntil, minLeftMilliseconds: number): number => {
  const life = notAfter.getTime() - notBefore.getTime()
  return minLeftMilliseconds < life - datedBackMilliseconds ? minLeftMilliseconds : life / 2
}

const reasonToRenew = (
  held: HeldUntil | undefined,
  renewAt: Date,
  { now, minLeftMilliseconds }: { readonly now: Date; readonly minLeftMilliseconds: number },
): string | undefined => {
  if (!held) return 'there is no certificate with its key'
  if (held.notAfter <= now) return 'the certificate has ended'
  if (now < held.notBefore) return 'the certificate has not begun'
  if (held.notAfter.getTime() - now.getTime() < wantedOf(held, minLeftMilliseconds))
    return 'the certificate ends soon'
  return renewAt <= now ? 'its time to be renewed has come' : undefined
}

/** What of the certificate that is held is still to come; minutes that are wanted of it, besides. */
export interface Situation {
  readonly held: HeldUntil | undefined
  /** About the certificate that is held. */
  readonly state: AgentState
  readonly minLeftMilliseconds?: number
  /** Why another one is due, however long it is good. */
  readonly whyAnother?: string | undefined
}

/** Decides what to do next. */
export const nextAction = (
  { held, state, minLeftMilliseconds = 0, whyAnother }: Situation,
  now: Date,
): NextAction => {
  const renewAt = renewAtOf(held, state, now)
  const why = reasonToRenew(held, renewAt, { now, minLeftMilliseconds }) ?? whyAnother
  if (why === undefined) return { kind: 'wait', until: renewAt, why: 'the certificate is good until then' }
  const paused = pauseOf(state, now)
  if (paused) return { kind: 'wait', until: paused, why: `${why}, but it was tried just now` }
  return { kind: 'renew', why }
}
