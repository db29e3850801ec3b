import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import type { TrustPass } from '../../client/agent/keepTrust.ts'
import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parsed, type Told } from '../commandLine/option.ts'
import { parseDuration } from '../commandLine/timeOption.ts'

const parseSequence = (given: string): number => {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given)
  throw new Refusal('usage-wrong', 'Cannot wait for the bundle: --at-least is its number, 1 for the first.')
}

const longestWait = 60 * 60_000
const usualWait = 2 * 60_000

const parseTimeout = (given: string, told: Told): number => {
  const milliseconds = parseDuration(given, told)
  if (milliseconds >= 0 && milliseconds <= longestWait) return milliseconds
  throw new Refusal('usage-wrong', 'Cannot wait for the bundle: --timeout is at most 1h.')
}

/** Describes what waitForBundle() waits for. */
export const waitOptions = {
  atLeast: parsed('NUMBER', 'wait until a bundle of this number, or a later one, is served', parseSequence),
  timeout: parsed('DURATION', 'with --at-least: how long to wait for it (2m)', parseTimeout),
}

/** A look that found a bundle. */
type Found = Pick<TrustPass, 'previousSequence' | 'isNew'> & { readonly bundle: TrustBundle }

/** Which bundle is waited for, and how long. */
export interface Awaited {
  /** Its sequence; the first look is enough when left out. */
  readonly atLeast: number | undefined
  /** Milliseconds; two minutes when left out. */
  readonly timeout: number | undefined
  readonly world: Pick<AgentWorld, 'clock' | 'wait'>
}

/** Makes sure that there is something to wait for. @throws {Refusal} `usage-wrong` */
export const checkAwaited = ({ atLeast, timeout }: Pick<Awaited, 'atLeast' | 'timeout'>): void => {
  if (timeout === undefined || atLeast !== undefined) return
  throw new Refusal(
    'usage-wrong',
    'Cannot wait for the bundle: --timeout says how long to wait for the one that --at-least names.',
  )
}

/** An instance of the service reads the tables twice a minute: to ask more often helps little. */
const pauseMilliseconds = 2_000

const unstopped = new AbortController().signal

const notServed = (atLeast: number, { sequence }: TrustBundle): Refusal =>
  new Refusal(
    'service-unavailable',
    `Cannot install bundle ${atLeast}: what is served still is bundle ${sequence}. A mirror copies now and then; --service names the service itself.`,
    { retryAfterSeconds: 30 },
  )

/**
 * Looks until there is a bundle that is late enough: an instance of the service gives the old one for a while after a change.
 * @returns the last look, as if it had been the only one.
 * @throws {Refusal} `service-unavailable` when there is none in time; and what `look` throws
 */
export const waitForBundle = async (
  look: () => Promise<Found>,
  { atLeast = 0, timeout = usualWait, world }: Awaited,
): Promise<Found> => {
  const until = world.clock() + timeout
  const { previousSequence, bundle: first } = await look()
  let bundle = first
  while (bundle.sequence < atLeast) {
    const left = until - world.clock()
    if (left <= 0) throw notServed(atLeast, bundle)
    await world.wait(Math.min(left, pauseMilliseconds), unstopped)
    ;({ bundle } = await look())
  }
  return { bundle, previousSequence, isNew: bundle.sequence !== previousSequence }
}
