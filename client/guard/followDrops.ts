import { type Drop, dropHintSeconds } from '../../lib/drops/dropList.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { type LookingWorld, openTrouble, type TroubleError } from '../agent/trouble.ts'
import { isStale } from '../drops/keptDrops.ts'
import type { Drops, RefreshedDrops } from '../drops/openDrops.ts'
import { serviceNow, standingDrops } from '../drops/standingDrops.ts'
import type { GuardState } from './guardState.ts'

/** The drop list as a guard obeys it. */
export interface FollowedDrops {
  /** Those of the latest list that is known, however old, as far as they stand. */
  drops(): readonly Drop[]
  /** How far the clock of the machine is ahead of that of the service, in milliseconds; 0 where it is behind, or that is not known. */
  aheadMilliseconds(): number
  /** Asks the service once, and tells what came of it. Never rejects. @returns when to ask again. */
  refresh(signal: AbortSignal): Promise<Date>
  /** Takes over what another run of the guard remembered. */
  resume(state: Pick<GuardState, 'dropsAskAfter' | 'dropsError'>): void
  /** When to ask: now, unless the last answer is so new that nobody has to, or the service asked for time. */
  due(): Date
  /** Until when it asked for time, RFC 3339. */
  readonly askAfter: string | undefined
  /** Tells once that the list is old, and once that it no longer is. */
  tellAge(): void
  readonly error: TroubleError | undefined
  readonly told: GuardState['drops']
}

/** What a service may ask for: more often costs it, less often costs the bound that is promised. */
const hint = { least: 5, most: 60 } as const

/** The longest that a service that is busy keeps a guard from asking. */
const mostAskedSeconds = 120

const later = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000)

const older = (sequence: number, known: number | undefined) =>
  new Refusal(
    'service-answer-invalid',
    `Cannot use drop list ${sequence}: the service told ${known} before, which is obeyed.`,
  )

const notKept = (file: string) =>
  new Refusal('fault', `Cannot keep the drop list (${file}): it is obeyed until a restart.`)

/** Follows a drop list. @param subject how events call the guard. */
export const followDrops = (source: Drops, world: LookingWorld, subject: string): FollowedDrops => {
  const trouble = openTrouble(world, {
    begun: 'drops-failed',
    over: { kind: 'drops-current', text: 'The service tells its drop list again.' },
    subject,
  })
  let askAfter: Date | undefined
  let hasAsked = false
  let isOld = false
  let sequence = source.kept?.list.sequence

  const hintSeconds = (): number => {
    const { hintSeconds: asked = dropHintSeconds } = source.kept?.list ?? {}
    return Math.min(hint.most, Math.max(hint.least, asked))
  }

  const tell = (refreshed: RefreshedDrops): void => {
    const known = source.kept?.list
    if (known && known.sequence !== sequence) {
      sequence = known.sequence
      const { length: entries } = known.drops
      const text = `Drop list ${sequence} has ${entries} ${entries === 1 ? 'entry' : 'entries'} in force.`
      world.report({ kind: 'drops-changed', level: 'info', subject, text, facts: { sequence, entries } })
    }
    if (refreshed.kind === 'older') trouble.begin(older(refreshed.sequence, sequence))
    else if (refreshed.notKept !== undefined) trouble.begin(notKept(refreshed.notKept))
    else trouble.end()
  }

  return {
    drops: () => standingDrops(source.kept?.list.drops ?? [], source.told, world.clock()),
    aheadMilliseconds() {
      const { told } = source
      return told ? Math.max(0, world.now().getTime() - serviceNow(told, world.clock()).getTime()) : 0
    },
    async refresh(signal) {
      const begun = world.now()
      try {
        tell(await source.refresh(signal))
        hasAsked = true
        askAfter = undefined
        return later(begun, hintSeconds())
      } catch (error) {
        if (signal.aborted) return begun
        hasAsked = true
        trouble.begin(error)
        const { retryAfterSeconds: asked = 0 } = error instanceof Refusal ? error.options : {}
        askAfter = asked > 0 ? later(begun, Math.min(asked, mostAskedSeconds)) : undefined
        return new Date(Math.max(later(begun, hintSeconds()).getTime(), askAfter?.getTime() ?? 0))
      }
    },
    resume(state) {
      trouble.resume(state.dropsError)
      askAfter = state.dropsAskAfter === undefined ? undefined : new Date(state.dropsAskAfter)
    },
    due() {
      const now = world.now()
      // What is further off tells that the clock was set.
      const isNear = (time: Date, seconds: number) => time > now && time <= later(now, seconds)
      const next = source.kept && later(source.kept.confirmedAt, hintSeconds())
      if (askAfter && isNear(askAfter, mostAskedSeconds)) return askAfter
      return next && isNear(next, hintSeconds()) ? next : now
    },
    get askAfter() {
      return askAfter && rfc3339(askAfter)
    },
    tellAge() {
      const { kept } = source
      const wasOld = isOld
      isOld = hasAsked && isStale(kept, world.now())
      if (isOld === wasOld) return
      if (!isOld) {
        world.report({
          kind: 'drops-current',
          level: 'info',
          subject,
          text: 'The drop list is current again.',
        })
        return
      }
      const since = kept && rfc3339(kept.confirmedAt)
      const text = kept
        ? `The drop list is old: nobody confirmed ${kept.list.sequence} since ${since}. It is obeyed; whom an administrator stopped since is not known.`
        : 'There is no drop list: whom an administrator stopped is not known.'
      const facts = kept && since !== undefined ? { sequence: kept.list.sequence, since } : {}
      world.report({ kind: 'drops-stale', level: 'error', subject, text, facts })
    },
    get error() {
      return trouble.error
    },
    get told() {
      const { kept } = source
      return kept && { sequence: kept.list.sequence, confirmedAt: rfc3339(kept.confirmedAt) }
    },
  }
}
