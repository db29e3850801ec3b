import type { LedgerRecord } from './ledgerRecord.ts'
import { asciiJson, shownText } from '../../lib/terminal/shownText.ts'

/** What a spreadsheet takes for a formula: also behind spaces, and in the wide forms that some take as well. */
const formula = /^\s*[=+\-@＝＋－＠]/u

/** What needs no quotes, whatever a program takes for a separator. */
const plain = /^[\w.:@~+/ -]*$/

/**
 * One cell of CSV, RFC 4180. What begins like a formula gets an apostrophe before it, so that a spreadsheet shows a
 * text that somebody put into a token and does not calculate it.
 */
export const csvCell = (value: LedgerRecord[string]): string => {
  if (value === null || typeof value === 'number') return String(value ?? '')
  const shown = typeof value === 'string' ? shownText(value) : asciiJson(value)
  const text = formula.test(shown) ? `'${shown}` : shown
  return plain.test(text) ? text : `"${text.replaceAll('"', '""')}"`
}

/** One line of CSV with its end. */
export const csvLine = (cells: readonly LedgerRecord[string][]): string =>
  `${cells.map(csvCell).join(',')}\r\n`
