import type { Reconciliation, UnexplainedSignature, UnsignedRow } from '../lib/ledger/reconcile.ts'
import { shownText } from './ledgerText.ts'
import { formatFields, formatTable } from './text.ts'

/** More are in the JSON. */
const listedAtMost = 20

const isoSecond = (time: Date): string =>
  Number.isNaN(time.getTime()) ? 'no time' : time.toISOString().replace(/\.\d+Z$/, 'Z')

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
  row.requestId || '-',
  `${why}; ${row.tenant} ${row.issuerId}, serial ${row.serialNumber}, ${row.table}`,
]

/** Nothing at all fits when the log tells other ids than those the app gave. */
const hint = ({ log, matched, unexplained, unsigned }: Reconciliation): readonly string[] => {
  if (log.records === 0) return ['The log is empty: it shows nothing.']
  return matched === 0 && unexplained.length > 0 && unsigned.length > 0
    ? ['No id of the log is in the ledger: is it the log of these vaults, with their clients’ ids?']
    : []
}

/** Whether somebody has to look at it. */
export const needsAttention = ({ log, unexplained, unsigned }: Reconciliation): boolean =>
  unexplained.length > 0 || unsigned.length > 0 || log.notUnderstood > 0 || log.records === 0

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
    ...section('Keys that are no issuer’s, and their signatures', {
      header: ['signatures', 'key'],
      rows: Object.entries(log.otherKeys).map(([key, count]) => [String(count), key]),
    }),
    ...section('SIGNATURES WITHOUT A ROW', {
      header: ['at', 'correlation id', 'why'],
      rows: unexplained.map(signatureRow),
    }),
    ...section('ROWS WITHOUT A SIGNATURE', {
      header: ['issued', 'request id', 'why'],
      rows: unsigned.map(unsignedRow),
    }),
    ...hint(result),
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
    compared: compared && { since: compared.since.toISOString(), until: compared.until.toISOString() },
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
