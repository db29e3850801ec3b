import type { Difference } from '../../lib/tenant/difference.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatHanging } from '../commandLine/formatTable.ts'

/** One line for a value; for an object or a list its JSON. */
const lineOf = (sign: string, value: unknown): readonly string[] =>
  value === undefined ? [] : [formatHanging(`    ${sign} `, shownText(JSON.stringify(value)))]

/** Differences as a person reads them: of each place what was there, and what will be. Within 80 columns. */
export const differencesText = (differences: readonly Difference[]): string =>
  differences
    .map(({ path, before, after }) =>
      [formatHanging('  ', shownText(path)), ...lineOf('-', before), ...lineOf('+', after)].join('\n'),
    )
    .join('\n')

/** Differences as a program reads them: null where a document has nothing. */
export const differencesJson = (differences: readonly Difference[]) =>
  differences.map(({ path, before = null, after = null }) => ({ path, before, after }))
