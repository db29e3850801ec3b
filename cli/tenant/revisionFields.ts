import { actorText } from '../../lib/tenant/actor.ts'
import type { Difference } from '../../lib/tenant/difference.ts'
import type { RevisionRecord } from '../../lib/tenant/storedRevision.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatHanging, formatTime } from '../commandLine/formatTable.ts'

type Fields = readonly (readonly [label: string, value: string])[]

/** Tells how a revision came into force, as a person reads it: labels and values. */
export const revisionFields = (
  { action, appliedAt, appliedBy, reason, forced }: RevisionRecord,
  now: Date,
): Fields => [
  ['applied', `${formatTime(appliedAt, now)} by ${shownText(actorText(appliedBy))}`],
  ...(action === 'apply' ? [] : [['as', shownText(action)] as const]),
  ...(appliedBy.kind === 'entra'
    ? [['signed in', shownText(`${appliedBy.objectId} of ${appliedBy.directoryId}`)] as const]
    : []),
  ...(reason === '' ? [] : [['reason', shownText(reason)] as const]),
  ...forced.map((what) => ['forced', shownText(what)] as const),
]

/** Warns of a document that somebody else wrote. */
export const alteredFields = (isIntact: boolean): Fields =>
  isIntact ? [] : [['ALTERED', 'it is not what was applied']]

/** Tells how a revision came into force, as a program reads it. */
export const revisionJson = ({ number, action, appliedAt, appliedBy, reason, forced }: RevisionRecord) => ({
  revision: number,
  action,
  appliedAt: appliedAt.toISOString(),
  appliedBy: actorText(appliedBy),
  actor: appliedBy,
  reason,
  forced,
})

/** The most that is shown of a value: a named location may have thousands of ranges. */
const maxValueCharacters = 1_000

/** Writes JSON on one line, with spaces where it may be broken: in a text, a line break is written as an escape. */
const spacedJson = (value: unknown): string =>
  JSON.stringify(value, null, 1)
    .replaceAll(/(?<=[[{])\n *|\n *(?=[\]}])/g, '')
    .replaceAll(/\n */g, ' ')

const valueText = (value: unknown): string => {
  const text = spacedJson(value)
  return text.length <= maxValueCharacters
    ? shownText(text)
    : `${shownText(text.slice(0, maxValueCharacters))} ... (${text.length} characters)`
}

const valueLine = (sign: string, value: unknown): readonly string[] =>
  value === undefined ? [] : [formatHanging(`    ${sign} `, valueText(value))]

/** Tells differences as a person reads them: of each place what was there, and what will be. Within 80 columns. */
export const differencesText = (differences: readonly Difference[]): string =>
  differences
    .flatMap(({ path, before, after }) => [
      formatHanging('  ', shownText(path)),
      ...valueLine('-', before),
      ...valueLine('+', after),
    ])
    .join('\n')

/** Tells differences as a program reads them: null where a document has nothing. */
export const differencesJson = (differences: readonly Difference[]) =>
  differences.map(({ path, before = null, after = null }) => ({ path, before, after }))
