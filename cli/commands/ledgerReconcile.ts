import { readExplanation } from '../../lib/ledger/appLog.ts'
import { reconcile } from '../../lib/ledger/reconcile.ts'
import type { AuditedIssuer } from '../../lib/ledger/reconcileRows.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Command, CommandContext, Outcome } from '../command.ts'
import { exitCodes } from '../exitCode.ts'
import { periodOf } from '../ledgerOptions.ts'
import { readLog } from '../readLog.ts'
import { needsAttention, reconciliationJson, reconciliationText } from '../reconcileText.ts'
import { optionalOption, requiredOption } from '../requiredOption.ts'
import { resolveTenant } from '../resolveTenant.ts'

/** Every issuer that a tenant ever had, or all tenants: no row of a generation is ever removed. */
const issuersOf = async (tables: Tables, tenant: string | undefined): Promise<readonly AuditedIssuer[]> => {
  const rows = await tables.find('authorities', { property: 'kind', value: 'issuer', limit: Infinity })
  return rows
    .map(({ partition, row, values }) => ({
      tenant: partition,
      id: row,
      keyReference: String(values['keyReference']),
    }))
    .filter((issuer) => tenant === undefined || issuer.tenant === tenant)
}

const explanationsOf = async (
  file: string | undefined,
  progress: CommandContext['progress'],
): Promise<ReadonlyMap<string, string>> => {
  const explanations = new Map<string, string>()
  if (file === undefined) return explanations
  for await (const record of readLog(file, progress)) {
    const found = readExplanation(record)
    if (found) explanations.set(found.requestId, found.reason)
  }
  return explanations
}

const tenantOf = async (tables: Tables, id: string): Promise<string | undefined> =>
  id === 'all' ? undefined : (await resolveTenant(tables, id)).tenant

const run = async (context: CommandContext): Promise<Outcome> => {
  const { values, deployment, openTables, progress } = context
  const [logFile, appLogFile] = [requiredOption(values, 'log'), optionalOption(values, 'app-log')]
  if (logFile === '-' && appLogFile === '-')
    throw new Refusal('usage-wrong', 'Cannot reconcile: only one of the logs can be standard input.')
  const now = context.now()
  const period = periodOf(values, now)
  const tables = openTables(await deployment())
  const tenant = await tenantOf(tables, requiredOption(values, 'tenant'))
  const issuers = await issuersOf(tables, tenant)
  const explanations = await explanationsOf(appLogFile, progress)
  const options = { tables, tenant, issuers, explanations, period, now }
  const result = await reconcile(readLog(logFile, progress), options)
  return {
    text: reconciliationText(result),
    json: reconciliationJson(result),
    ...(needsAttention(result) ? { exitCode: exitCodes.refused } : {}),
  }
}

export const ledgerReconcile: Command = {
  name: 'ledger reconcile',
  summary: "hold the vault's audit log against the ledger",
  help: `--tenant TENANT   or all
--log FILE        Key Vault's audit log as JSON: of the storage account, or of
                  Log Analytics; - reads standard input
--app-log FILE    the app's own log, which explains signatures without a row
--since TIME      2026-03-02, 2026-03-02T10:00:00Z or 24h; without it from
--until TIME      the log's first record to its last
exits with 3 when something is not accounted for`,
  options: {
    tenant: { type: 'string' },
    log: { type: 'string' },
    'app-log': { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
  },
  run,
}
