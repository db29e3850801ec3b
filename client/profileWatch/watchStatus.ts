import type { ProfileRecord, WatchState } from './watchState.ts'

/** What there is to say of the profiles of one file. */
export interface WatchStatus extends Partial<WatchState> {
  readonly folder: string
  /**
   * `current`; `stopped` where nobody checks; `unusable` where the file cannot be used, or nobody tells what is installed; `waiting` where a change waits for the
   * end of a tunnel; `differing` where a profile is not as the file says for another reason.
   */
  readonly condition: 'current' | 'stopped' | 'unusable' | 'waiting' | 'differing'
}

/** Where and how often profiles are checked. */
export interface WatchedFolder {
  readonly folder: string
  readonly checkMinutes: number
}

/** What a check may take, and a machine that just woke up. */
const graceMinutes = 5

const conditionOf = ({ error, profiles }: WatchState): WatchStatus['condition'] => {
  if (error) return 'unusable'
  const conditions = profiles.map(({ condition }) => condition)
  if (conditions.some((one) => one !== 'current' && one !== 'waiting')) return 'differing'
  return conditions.includes('waiting') ? 'waiting' : 'current'
}

/** Tells what is remembered of the profiles of one file. */
export const watchStatus = (
  { folder, checkMinutes }: WatchedFolder,
  state: WatchState,
  now: Date,
): WatchStatus => {
  const { checkedAt } = state
  const age = checkedAt === undefined ? Infinity : Math.abs(now.getTime() - Date.parse(checkedAt)) / 60_000
  const isSilent = age > checkMinutes + graceMinutes
  return { ...state, folder, condition: isSilent ? 'stopped' : conditionOf(state) }
}

/** Whether a profile that is not as the file says may come to be without anybody. */
const mayPass = ({ condition }: ProfileRecord): boolean =>
  condition === 'waiting' || condition === 'held' || condition === 'applying'

/** Tells of each thing that is wrong with profiles whether it may pass by itself. */
export const brokenWatches = (statuses: readonly WatchStatus[]): readonly boolean[] =>
  statuses.flatMap(({ condition, profiles = [] }) => {
    if (condition === 'stopped' || condition === 'unusable') return [false]
    return profiles.filter((one) => one.condition !== 'current').map(mayPass)
  })
