import { Refusal } from '../../lib/errors/refusal.ts'
import type { OptionValues } from '../commandLine/command.ts'
import { csvLine } from './csvLine.ts'
import type { IssuanceRecord, LedgerRecord, RefusalRecord } from './ledgerRecord.ts'
import { issuanceHeading, issuanceLines, refusalHeading, refusalLines } from './issuanceLines.ts'
import { asciiJson } from '../../lib/terminal/shownText.ts'
import { optionalOption } from '../commandLine/requiredOption.ts'

/** How records are written, one by one. */
export interface RecordFormat<Row> {
  /** Stands before the first record; also where there is none if it is `always`. */
  readonly heading?: { readonly text: string; readonly always: boolean }
  readonly write: (record: Row) => string
}

/** Every format of a kind of records, by its name. */
export type RecordFormats<Row> = Readonly<Record<string, RecordFormat<Row>>>

/** JSON Lines: an object a line. */
const jsonLines: RecordFormat<LedgerRecord> = { write: (record) => `${asciiJson(record)}\n` }

/** A certificate is no use in a spreadsheet; its digest is. */
const csv = (columns: readonly string[]): RecordFormat<LedgerRecord> => ({
  heading: { text: csvLine(columns), always: true },
  write: (record) => csvLine(columns.map((column) => record[column] ?? null)),
})

const issuanceColumns = [
  'tenant',
  'issuedAt',
  'upn',
  'deviceId',
  'serialNumber',
  'issuerId',
  'notBefore',
  'notAfter',
  'renewalStart',
  'renewalEnd',
  'tokenIssuer',
  'subject',
  'tokenId',
  'client',
  'tokenIssuedAt',
  'tokenExpiresAt',
  'proof',
  'signals',
  'revision',
  'denyList',
  'keyHash',
  'requestId',
  'vaultRequestId',
  'invocationId',
  'sha256',
] as const satisfies readonly Exclude<keyof IssuanceRecord, 'certificate'>[]

const refusalColumns = [
  'tenant',
  'at',
  'code',
  'upn',
  'deviceId',
  'detail',
  'tokenIssuer',
  'subject',
  'tokenId',
  'keyHash',
  'signals',
  'revision',
  'invocationId',
  'suppressed',
] as const satisfies readonly (keyof RefusalRecord)[]

/** How issuances are written. */
export const issuanceFormats = {
  table: { heading: { text: issuanceHeading, always: false }, write: issuanceLines },
  json: jsonLines,
  csv: csv(issuanceColumns),
  pem: { write: ({ certificate }) => certificate },
} as const satisfies RecordFormats<IssuanceRecord>

/** How refusals are written. */
export const refusalFormats = {
  table: { heading: { text: refusalHeading, always: false }, write: refusalLines },
  json: jsonLines,
  csv: csv(refusalColumns),
} as const satisfies RecordFormats<RefusalRecord>

/** A format by its name. @throws {Refusal} `usage-wrong` */
export const namedFormat = <Row>(formats: RecordFormats<Row>, name: string): RecordFormat<Row> => {
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined
  if (format) return format
  const names = Object.keys(formats).join(', ')
  throw new Refusal('usage-wrong', `Cannot write the records: --format is one of ${names}.`)
}

/**
 * The format of what is printed: a table, or what `--format` or `--json` says.
 * @throws {Refusal} `usage-wrong`
 */
export const printedFormat = <Row>(values: OptionValues, formats: RecordFormats<Row>): RecordFormat<Row> => {
  const asJson = values['json'] === true
  const name = optionalOption(values, 'format') ?? (asJson ? 'json' : 'table')
  if (!asJson || name === 'json') return namedFormat(formats, name)
  throw new Refusal('usage-wrong', 'Cannot write the records: --json and another --format were given.')
}
