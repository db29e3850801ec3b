import type { WatchStatus } from '../../client/profileWatch/watchStatus.ts'
import type { ProfileRecord } from '../../client/profileWatch/watchState.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'

const recordOf = ({ name, condition, since, text }: ProfileRecord): string =>
  condition === 'current' ? `${name}: current` : `${condition} since ${since}: ${text}`

const fieldsOf = (
  { folder, condition, checkedAt, profiles = [], error, sources = [], notes = [] }: WatchStatus,
  now: Date,
) =>
  formatFields([
    ['profiles in', folder],
    ['state', condition],
    ['last check', checkedAt === undefined ? 'none yet' : formatTime(new Date(checkedAt), now)],
    ...profiles.map((one) => ['profile', shownText(recordOf(one))] as const),
    ...sources.map((one) => ['source', shownText(one)] as const),
    ...notes.map((one) => ['lacking', shownText(one)] as const),
    ...(error
      ? [['last error', `${shownText(error.detail)} (${error.code}, since ${error.since})`] as const]
      : []),
  ])

/** Tells of the profiles of files, one after the other. */
export const formatWatches = (statuses: readonly WatchStatus[], now: Date): string =>
  statuses.map((status) => fieldsOf(status, now)).join('\n\n')
