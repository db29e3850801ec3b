import { type Explanation, readExplanation } from '../../lib/ledger/audit/explanation.ts'
import { reconcile, type ReconcileOptions } from '../../lib/ledger/audit/reconcile.ts'
import type { AuditedIssuer } from '../../lib/ledger/audit/auditedRows.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Command, CommandContext, Outcome } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { periodOf } from './searchOptions.ts'
import { readLog } from './readLog.ts'
import { needsAttention, reconciliationJson, reconciliationText } from './reconciliationText.ts'
import { optionalOption, requiredOption } from '../commandLine/requiredOption.ts'
import { resolveTenant } from '../tenant/resolveTenant.ts'

/** Every generation of a kind that the deployment ever had: no row of one is ever removed. */
const generationsOf = async (tables: Tables, kind: 'issuer' | 'root'): Promise<readonly AuditedIssuer[]> => {
  const rows = await tables.find('authorities', { property: 'kind', value: kind, limit: Infinity })
  return rows.map(({ partition, row, values }) => ({
    tenant: partition,
    id: row,
    keyReference: String(values['keyReference']),
  }))
}

/** The issuers of a tenant, or of all tenants, and what other keys there are. */
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

const run = async (context: CommandContext): Promise<Outcome> => {
  const { values, deployment, openTables, progress } = context
  const [logFile, appLogFile] = [requiredOption(values, 'log'), optionalOption(values, 'app-log')]
  if (logFile === '-' && appLogFile === '-')
    throw new Refusal('usage-wrong', 'Cannot reconcile: only one of the logs can be standard input.')
  const now = context.now()
  const period = periodOf(values, now)
  const tables = openTables(await deployment())
  const tenant = await tenantOf(tables, requiredOption(values, 'tenant'))
  const explanations = await explanationsOf(appLogFile, progress)
  const options = { tables, tenant, ...(await keysOf(tables, tenant)), explanations, period, now }
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
exits with 3 when something is not accounted for, or nothing was compared`,
  options: {
    tenant: { type: 'string' },
    log: { type: 'string' },
    'app-log': { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
  },
  run,
}
