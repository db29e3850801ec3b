import { actorText } from '../../lib/tenant/actor.ts'
import type { RevisionRecord } from '../../lib/tenant/storedRevision.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatTime } from '../commandLine/formatTable.ts'

/** How a revision came into force, as a person reads it: labels and values. */
export const revisionFields = (
  { action, appliedAt, appliedBy, reason, forced }: RevisionRecord,
  now: Date,
): readonly (readonly [label: string, value: string])[] => [
  ['applied', `${formatTime(appliedAt, now)} by ${shownText(actorText(appliedBy))}`],
  ...(action === 'apply' ? [] : [['as', shownText(action)] as const]),
  ...(appliedBy.kind === 'entra'
    ? [['signed in', shownText(`${appliedBy.objectId} of ${appliedBy.directoryId}`)] as const]
    : []),
  ...(reason === '' ? [] : [['reason', shownText(reason)] as const]),
  ...forced.map((what) => ['forced', shownText(what)] as const),
]

/** The same as a program reads it. */
export const revisionJson = ({ number, action, appliedAt, appliedBy, reason, forced }: RevisionRecord) => ({
  revision: number,
  action,
  appliedAt: appliedAt.toISOString(),
  appliedBy: actorText(appliedBy),
  actor: appliedBy,
  reason,
  forced,
})
