import { Refusal } from '../../lib/errors/refusal.ts'
import { asciiJson, shownText } from '../../lib/terminal/shownText.ts'
import { formatHanging, shortName } from '../commandLine/formatTable.ts'
import { text } from '../commandLine/option.ts'
import {
  issuanceColumns,
  type IssuanceRecord,
  type LedgerRecord,
  refusalColumns,
  type RefusalRecord,
} from './issuanceRecord.ts'

/** Writes records one by one. */
export interface RecordFormat<Row> {
  /** Stands before the first record; also where there is none if it is `always`. */
  readonly heading?: { readonly text: string; readonly always: boolean }
  readonly write: (record: Row) => string
}

export type RecordFormats<Row> = Readonly<Record<string, RecordFormat<Row>>>

/** Matches what a spreadsheet takes for a formula: also behind spaces, and in the wide forms that some take as well. */
const formula = /^\s*[=+\-@＝＋－＠]/u

/** Matches what needs no quotes, whatever a program takes for a separator. */
const plain = /^[\w.:@~+/ -]*$/

/**
 * Writes one cell of CSV, RFC 4180. What begins like a formula gets an apostrophe before it, so that a spreadsheet shows a
 * text that somebody put into a token and does not calculate it.
 */
export const csvCell = (value: LedgerRecord[string]): string => {
  if (value === null || typeof value === 'number') return String(value ?? '')
  const shown = typeof value === 'string' ? shownText(value) : asciiJson(value)
  const cell = formula.test(shown) ? `'${shown}` : shown
  return plain.test(cell) ? cell : `"${cell.replaceAll('"', '""')}"`
}

export const csvLine = (cells: readonly LedgerRecord[string][]): string =>
  `${cells.map(csvCell).join(',')}\r\n`

const second = (time: string | null): string => (time ?? '').replace(/\.\d+Z$/, 'Z')

/** Writes a time, a name and a text, below each other from row to row: 80 columns. */
const line = (time: string, [name, width]: readonly [string, number], rest: string): string =>
  `${`${time.padEnd(22)}${name.padEnd(width)}  ${rest}`.trimEnd()}\n`

const userWidth = 24
const codeWidth = 25

/** Writes of an issuance when, who, which certificate; below, who signed it and for which device. */
const issuanceLines = ({ issuedAt, upn, serialNumber, issuerId, deviceId }: IssuanceRecord): string => {
  const user = shortName(shownText(upn))
  const device = deviceId === null ? 'no device' : `device ${shownText(deviceId)}`
  const first = line(second(issuedAt), [user, userWidth], shownText(serialNumber))
  return `${first}${formatHanging('  ', `${shownText(issuerId)}, ${device}`)}\n`
}

const issuanceHeading = line('issued', ['user', userWidth], 'serial number')

/** Writes of a refusal when, why, who; below, what the client was told. */
const refusalLines = ({ at, code, upn, deviceId, detail, suppressed }: RefusalRecord): string => {
  const device = deviceId === null ? [] : [`device ${shownText(deviceId)}`]
  const more = suppressed === 0 ? [] : [`${suppressed} before it were not recorded`]
  const user = shortName(shownText(upn ?? '-'))
  return [
    line(second(at), [shownText(code), codeWidth], user),
    ...[shownText(detail), ...device, ...more].map((told) => `${formatHanging('  ', told)}\n`),
  ].join('')
}

const refusalHeading = line('refused', ['code', codeWidth], 'user')

/** Writes JSON Lines: an object a line. */
const jsonLines: RecordFormat<LedgerRecord> = { write: (record) => `${asciiJson(record)}\n` }

const csv = (columns: readonly string[]): RecordFormat<LedgerRecord> => ({
  heading: { text: csvLine(columns), always: true },
  write: (record) => csvLine(columns.map((column) => record[column] ?? null)),
})

export const issuanceFormats = {
  table: { heading: { text: issuanceHeading, always: false }, write: issuanceLines },
  json: jsonLines,
  csv: csv(issuanceColumns),
  pem: { write: ({ certificate }) => certificate },
} as const satisfies RecordFormats<IssuanceRecord>

export const refusalFormats = {
  table: { heading: { text: refusalHeading, always: false }, write: refusalLines },
  json: jsonLines,
  csv: csv(refusalColumns),
} as const satisfies RecordFormats<RefusalRecord>

/** Finds a format by its name. @throws {Refusal} `usage-wrong` */
export const namedFormat = <Row>(formats: RecordFormats<Row>, name: string): RecordFormat<Row> => {
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined
  if (format) return format
  const names = Object.keys(formats).join(', ')
  throw new Refusal('usage-wrong', `Cannot write the records: --format is one of ${names}.`)
}

/** Describes `--format` of what is printed. */
export const formatOption = (help: string, formats: object) =>
  text('FORMAT', help, { choices: Object.keys(formats) })

/**
 * Finds the format of what is printed: a table, or what `--format` or `--json` says.
 * @throws {Refusal} `usage-wrong`
 */
export const printedFormat = <Row>(
  given: string | undefined,
  asJson: boolean,
  formats: RecordFormats<Row>,
): RecordFormat<Row> => {
  const name = given ?? (asJson ? 'json' : 'table')
  if (!asJson || name === 'json') return namedFormat(formats, name)
  throw new Refusal('usage-wrong', 'Cannot write the records: --json and another --format were given.')
}
