import type { Reconciliation, UnexplainedSignature, UnsignedRow } from '../../lib/ledger/audit/reconcile.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatFields, formatTable } from '../commandLine/formatTable.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'

/** More are in the JSON. */
const listedAtMost = 20

const isoSecond = (time: Date): string => (Number.isNaN(time.getTime()) ? 'no time' : rfc3339(time))

const isoTime = (time: Date): string | null => (Number.isNaN(time.getTime()) ? null : time.toISOString())

const counts = (entries: Readonly<Record<string, number>>): string =>
  Object.entries(entries)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ') || 'none'

const span = (of: { readonly since: Date; readonly until: Date } | undefined): string =>
  of ? `${isoSecond(of.since)} to ${isoSecond(of.until)}` : 'no time'

const section = (
  title: string,
  { header, rows }: { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] },
): readonly string[] => {
  if (rows.length === 0) return []
  const more = rows.length > listedAtMost ? [`and ${rows.length - listedAtMost} more: see --json`] : []
  const listed = rows.slice(0, listedAtMost).map((row) => row.map(shownText))
  return [[`${title}: ${rows.length}`, formatTable(header, listed), ...more].join('\n')]
}

const signatureRow = ({ signature, why }: UnexplainedSignature): readonly string[] => [
  isoSecond(signature.at),
  signature.correlationId || '-',
  `${why}; key ${signature.key}; ${signature.caller}`,
]

const unsignedRow = ({ row, why }: UnsignedRow): readonly string[] => [
  isoSecond(row.issuedAt),
  row.vaultRequestId || row.requestId || '-',
  `${why}; ${row.tenant} ${row.issuerId}, serial ${row.serialNumber}, ${row.table}`,
]

/** Why it shows nothing that nothing was found; undefined where signatures and rows were held against each other. */
const whatIsMissing = ({
  log,
  compared,
  matched,
  explained,
  withoutLog,
}: Reconciliation): string | undefined => {
  if (log.records === 0) return 'The log is empty: it shows nothing.'
  if (!compared)
    return 'Nothing was compared: the log covers less than 20 minutes.\nSay by --since and --until for which time it is whole.'
  if (matched > 0 || Object.keys(explained).length > 0) return undefined
  return withoutLog > 0
    ? 'Nothing was compared: the rows of this time are of local keys, which keep no log.'
    : 'Nothing was compared: no signature of the log is that of a row.\nIs it the log of these vaults, and of this time?'
}

/** Whether somebody has to look at it: not only at what was found, but also where nothing could be. */
export const needsAttention = (result: Reconciliation): boolean => {
  const { log, unexplained, unsigned } = result
  const found = unexplained.length + unsigned.length + log.notUnderstood
  return found > 0 || Object.keys(log.unknownKeys).length > 0 || whatIsMissing(result) !== undefined
}

const keySection = (title: string, keys: Readonly<Record<string, number>>): readonly string[] =>
  section(title, {
    header: ['signatures', 'key'],
    rows: Object.entries(keys).map(([key, count]) => [String(count), key]),
  })

/** A reconciliation for a person. */
export const reconciliationText = (result: Reconciliation): string => {
  const { log, compared, matched, unexplained, explained, unsigned, withoutLog } = result
  const covers = log.covers && { since: log.covers.from, until: log.covers.until }
  return [
    formatFields([
      ['log', `${log.records} records, ${span(covers)}`],
      ['not understood', String(log.notUnderstood)],
      ['left aside', counts(log.ignored)],
      ['rows compared', span(compared)],
      ['matched', String(matched)],
      ['explained', counts(explained)],
      ['local keys', `${withoutLog} rows, which no log can show`],
    ]),
    ...keySection('KEYS OF NO GENERATION, AND THEIR SIGNATURES', log.unknownKeys),
    ...keySection('Keys of roots and of other tenants, and their signatures', log.otherKeys),
    ...section('SIGNATURES WITHOUT A ROW', {
      header: ['at', 'correlation id', 'why'],
      rows: unexplained.map(signatureRow),
    }),
    ...section('ROWS WITHOUT A SIGNATURE', {
      header: ['issued', 'id', 'why'],
      rows: unsigned.map(unsignedRow),
    }),
    ...[whatIsMissing(result)].filter((words) => words !== undefined),
    needsAttention(result) ? 'Somebody has to look at this.' : 'Everything is accounted for.',
  ].join('\n\n')
}

/** A reconciliation for a program. */
export const reconciliationJson = (result: Reconciliation) => {
  const { log, compared, matched, unexplained, explained, unsigned, withoutLog } = result
  const { covers, ...counted } = log
  return {
    log: {
      ...counted,
      from: covers ? covers.from.toISOString() : null,
      until: covers ? covers.until.toISOString() : null,
    },
    compared: compared ? { since: compared.since.toISOString(), until: compared.until.toISOString() } : null,
    matched,
    explained,
    withoutLog,
    unexplained: unexplained.map(({ signature: { at, ...signature }, why }) => ({
      ...signature,
      at: at.toISOString(),
      why,
    })),
    unsigned: unsigned.map(({ row: { issuedAt, ...row }, why }) => ({
      issuedAt: isoTime(issuedAt),
      ...row,
      why,
    })),
  }
}
