import { catalogue } from '../../lib/errors/catalogue.ts'
import type { TroubleError } from '../agent/trouble.ts'
import { isStale } from '../drops/keptDrops.ts'
import type { GuardState } from './guardState.ts'

/** What there is to say of a guard. */
export interface GuardStatus extends Partial<GuardState> {
  readonly folder: string
  /**
   * `guarding`; `stopped` where nobody looks at sessions; `sessions-unknown` where a server does not tell them; `drops-stale` where
   * the drop list is old, or there is none.
   */
  readonly condition: 'guarding' | 'stopped' | 'sessions-unknown' | 'drops-stale'
}

/** What is known is written every minute at the least. */
const mostSilentMilliseconds = 180_000

const listAge = ({ drops }: GuardState) => drops && { confirmedAt: new Date(drops.confirmedAt) }

/** Tells what a guard came to. */
export const guardCondition = (state: GuardState, now: Date): GuardStatus['condition'] => {
  if (state.servers.some(({ error }) => error !== undefined)) return 'sessions-unknown'
  return state.hasDrops && isStale(listAge(state), now) ? 'drops-stale' : 'guarding'
}

/** Tells what is remembered of a guard. */
export const guardStatus = (folder: string, state: GuardState | undefined, now: Date): GuardStatus => {
  if (!state) return { folder, condition: 'stopped' }
  const isSilent = !(Math.abs(now.getTime() - Date.parse(state.at)) <= mostSilentMilliseconds)
  return { ...state, folder, condition: isSilent ? 'stopped' : guardCondition(state, now) }
}

const mayPass = ({ code }: TroubleError): boolean => catalogue[code].status >= 500

/** Tells of each thing that is wrong with a guard whether it may pass by itself. */
export const brokenGuards = (statuses: readonly GuardStatus[]): readonly boolean[] =>
  statuses.flatMap(({ condition, servers = [], dropsError, issuersError, stoppedError }) => {
    if (condition === 'stopped') return [false]
    const errors = [...servers.map(({ error }) => error), issuersError, stoppedError].filter(
      (error) => error !== undefined,
    )
    // A service that is away for less than five minutes changes nothing.
    const isOld = condition === 'drops-stale' || (dropsError !== undefined && !mayPass(dropsError))
    return [...errors.map(mayPass), ...(isOld ? [dropsError === undefined || mayPass(dropsError)] : [])]
  })
