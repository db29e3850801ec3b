import { type Explanation, readExplanation } from '../../lib/ledger/audit/explanation.ts'
import {
  reconcile,
  type ReconcileOptions,
  type Reconciliation,
  type UnexplainedSignature,
  type UnsignedRow,
} from '../../lib/ledger/audit/reconcile.ts'
import type { AuditedIssuer } from '../../lib/ledger/audit/auditedRows.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { parsed, required, text, type Values } from '../commandLine/option.ts'
import { parsePast } from '../commandLine/timeOption.ts'
import { resolveTenant } from '../tenant/openTenant.ts'
import { anyTenantOption } from '../tenant/tenantOption.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { periodOf } from './searchOptions.ts'
import { readLog } from './readLog.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatFields, formatTable } from '../commandLine/formatTable.ts'
import { timeText } from './issuanceRecord.ts'

/** Bounds the text; more are in the JSON. */
const listedAtMost = 20

const isoSecond = (time: Date): string => (Number.isNaN(time.getTime()) ? 'no time' : rfc3339(time))

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

/** Says why it shows nothing that nothing was found; undefined where signatures and rows were held against each other. */
const whatIsMissing = (result: Reconciliation): string | undefined => {
  const { log, compared, matched, explained, withoutLog } = result
  if (log.records === 0) return 'The log is empty: it shows nothing.'
  if (!compared)
    return 'Nothing was compared: the log covers less than 20 minutes.\nSay by --since and --until for which time it is whole.'
  if (matched > 0 || Object.keys(explained).length > 0) return undefined
  return withoutLog > 0
    ? 'Nothing was compared: the rows of this time are of local keys, which keep no log.'
    : 'Nothing was compared: no signature of the log is that of a row.\nIs it the log of these vaults, and of this time?'
}

/** Tells whether somebody has to look at it: not only at what was found, but also where nothing could be. */
const needsAttention = (result: Reconciliation): boolean => {
  const { log, unexplained, unsigned } = result
  const found = unexplained.length + unsigned.length + log.notUnderstood
  return found > 0 || Object.keys(log.unknownKeys).length > 0 || whatIsMissing(result) !== undefined
}

const keySection = (title: string, keys: Readonly<Record<string, number>>): readonly string[] =>
  section(title, {
    header: ['signatures', 'key'],
    rows: Object.entries(keys).map(([key, count]) => [String(count), key]),
  })

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

const reconciliationJson = (result: Reconciliation) => {
  const { log, compared, matched, unexplained, explained, unsigned, withoutLog } = result
  const { covers, ...counted } = log
  return {
    log: {
      ...counted,
      from: covers?.from.toISOString() ?? null,
      until: covers?.until.toISOString() ?? null,
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
      issuedAt: timeText(issuedAt),
      ...row,
      why,
    })),
  }
}

/** Finds every generation of a kind that the deployment ever had: no row of one is ever removed. */
const generationsOf = async (tables: Tables, kind: 'issuer' | 'root'): Promise<readonly AuditedIssuer[]> => {
  const rows = await tables.find('authorities', { property: 'kind', value: kind, limit: Infinity })
  return rows.map(({ partition, row, values }) => ({
    tenant: partition,
    id: row,
    keyReference: String(values['keyReference']),
  }))
}

/** Finds the issuers of a tenant, or of all tenants, and the other keys that there are. */
const keysOf = async (
  tables: Tables,
  tenant: string | undefined,
): Promise<Pick<ReconcileOptions, 'issuers' | 'otherKeys'>> => {
  const [issuers, roots] = [await generationsOf(tables, 'issuer'), await generationsOf(tables, 'root')]
  const isAudited = (issuer: AuditedIssuer): boolean => tenant === undefined || issuer.tenant === tenant
  const others = [...roots, ...issuers.filter((issuer) => !isAudited(issuer))]
  return {
    issuers: issuers.filter(isAudited),
    otherKeys: others.map(({ keyReference }) => keyReference),
  }
}

const explanationsOf = async (
  file: string | undefined,
  progress: CommandContext['progress'],
): Promise<ReadonlyMap<string, Explanation>> => {
  const explanations = new Map<string, Explanation>()
  if (file === undefined) return explanations
  for await (const record of readLog(file, progress)) {
    const found = readExplanation(record)
    for (const id of found?.ids ?? []) if (found) explanations.set(id, found)
  }
  return explanations
}

const tenantOf = async (tables: Tables, id: string): Promise<string | undefined> =>
  id === 'all' ? undefined : (await resolveTenant(tables, id)).tenant

const options = {
  tenant: required(anyTenantOption('or all')),
  log: required(
    text(
      'FILE',
      "Key Vault's audit log as JSON: of the storage account, or of Log Analytics; - reads standard input",
    ),
  ),
  appLog: text('FILE', "the app's own log, which explains signatures without a row"),
  since: parsed('TIME', "2026-03-02, 2026-03-02T10:00:00Z or 24h; from the log's first record", parsePast),
  until: parsed('TIME', 'the same; to its last', parsePast),
}

const run = async (values: Values<typeof options>, context: CommandContext): Promise<Outcome> => {
  const { deployment, openTables, progress } = context
  const { log: logFile, appLog: appLogFile } = values
  if (logFile === '-' && appLogFile === '-')
    throw new Refusal('usage-wrong', 'Cannot reconcile: only one of the logs can be standard input.')
  const now = context.now()
  const period = periodOf(values)
  const tables = openTables(await deployment())
  const tenant = await tenantOf(tables, values.tenant)
  const explanations = await explanationsOf(appLogFile, progress)
  const keys = await keysOf(tables, tenant)
  const audited = { tables, tenant, ...keys, explanations, period, now }
  const result = await reconcile(readLog(logFile, progress), audited)
  return {
    text: reconciliationText(result),
    json: reconciliationJson(result),
    ...(needsAttention(result) ? { exitCode: exitCodes.refused } : {}),
  }
}

export const ledgerReconcile = command({
  name: 'ledger reconcile',
  summary: "hold the vault's audit log against the ledger",
  options,
  notes: 'Exits with 3 when something is not accounted for, or nothing was compared.',
  run,
})
