import { describe, expect, it } from 'vitest'
import type { RequestLine } from '../../lib/telemetry/requestLine.ts'
import { queryFaults } from '../kusto.ts'
import { unknownNames } from '../queryNames.ts'
import { resourceOf, resourcesOf, shortName, snapshots, valueAt } from './infra.ts'

/** The columns that are asked for: learn.microsoft.com/azure/azure-monitor/reference/tables-index. */
const tables = {
  customMetrics: 'timestamp: datetime, name: string, customDimensions: dynamic, valueSum: real',
  FunctionAppLogs: 'TimeGenerated: datetime, Message: string',
  AZKVAuditLogs:
    'TimeGenerated: datetime, OperationName: string, HttpStatusCode: int, CorrelationId: string, Identity: dynamic, RequestUri: string, CallerIpAddress: string, _ResourceId: string',
}

/** A query into which Azure puts ids that it alone knows is an expression: its text is a constant in it. */
const queryIn = (text: string): string => {
  const [, table = '', query = ''] =
    /^\[format\('\{0\}\{1\}', '([^']*)', replace\(replace\('([^']*)', '<vault>'/.exec(text) ?? []
  return table === '' ? text : `${table}${query}`
}

describe('the alerts', () => {
  const snapshot = snapshots.private
  const queries = resourcesOf(snapshot, 'Microsoft.Insights/scheduledQueryRules').map((rule) => ({
    name: shortName(rule),
    severity: valueAt(rule, 'severity'),
    query: queryIn(String(valueAt(rule, 'criteria.allOf.0.query'))),
  }))

  const queryOf = (name: string): string => queries.find((rule) => rule.name === name)?.query ?? ''

  it('are these', () => {
    expect(queries.map(({ name, severity }) => `${String(severity)} ${name}`)).toEqual([
      '0 defect',
      '1 cannot-sign',
      '1 tables-unavailable',
      '2 stale-keys',
      '1 issuer-ends',
      '2 root-ends',
      '2 old-bundle',
      '1 housekeeping-behind',
      '2 housekeeping-absent',
      '0 unexplained-signature',
      '1 foreign-signature',
      '0 key-copied-or-lost',
      '3 key-changed',
    ])
    const metric = resourcesOf(snapshot, 'Microsoft.Insights/metricAlerts')
    expect(
      metric.map((rule) => `${String(valueAt(rule, 'severity'))} ${shortName(rule)}`).toSorted(),
    ).toEqual([
      '0 not-ready',
      '1 issuer-vault-refused',
      '1 issuer-vault-throttled',
      '1 root-vault-refused',
      '2 issuer-vault-slow',
    ])
  })

  it('all tell the people who are named', () => {
    const rules = ['scheduledQueryRules', 'metricAlerts', 'activityLogAlerts'].flatMap((kind) =>
      resourcesOf(snapshot, `Microsoft.Insights/${kind}`),
    )
    expect(rules).toHaveLength(20)
    for (const rule of rules)
      expect(JSON.stringify(valueAt(rule, 'actions')), rule.name).toMatch(/mayfly-alerts|actionGroupIds/)
  })

  it('ask for metrics, attributes and codes that there are', () => {
    const metrics = queries.filter(({ query }) => query.startsWith('customMetrics\n'))
    expect(metrics).toHaveLength(7)
    for (const { name, query } of queries) expect(unknownNames(query), name).toEqual([])
  })

  it('are KQL for Microsoft’s parser, with the columns of their tables, and before a table has its first row', () => {
    const { customMetrics, ...logs } = tables
    for (const { name, query } of queries) {
      expect(queryFaults(query, tables), name).toEqual([])
      expect(queryFaults(query, { customMetrics }), name).toEqual([])
    }
    expect(queries.filter(({ query }) => query.startsWith('union isfuzzy=true '))).toHaveLength(6)
    const wrong = queryOf('key-changed').replace(/CallerIpAddress\s*$/, 'CallerIP')
    expect(queryFaults(wrong, logs)).toEqual([expect.stringContaining('CallerIP')])
  })

  it('hold the key log up to the lines of the app by both ids, for the enrolling identity and the issuer vault alone', () => {
    const query = queryOf('unexplained-signature')
    const fields: readonly (keyof RequestLine)[] = ['vaultRequestId', 'requestId']
    expect(query).toContain('join kind=leftanti')
    for (const field of fields) expect(query).toContain(`line.${field}`)
    const raw = JSON.stringify(
      resourceOf(snapshot, 'Microsoft.Insights/scheduledQueryRules', 'unexplained-signature'),
    )
    expect(raw).toMatch(/'<vault>', [^]*issuerVaultId\.value\), '<enroll>', [^]*enroll\.value\.clientId\)/)
  })

  it('tell of every way to take or stop a key', () => {
    const watched = `${queryOf('key-copied-or-lost')}${queryOf('key-changed')}`
    for (const operation of ['Backup', 'Delete', 'Update', 'Purge', 'Import', 'Rotate'])
      expect(watched).toContain(`"Key${operation}"`)
  })

  it('tell who took a guard away, or changed one', () => {
    const operations = resourcesOf(snapshot, 'Microsoft.Insights/activityLogAlerts').map((rule) => [
      shortName(rule),
      [...JSON.stringify(valueAt(rule, 'condition')).matchAll(/"Microsoft\.\w+\/(\w+\/\w+)"/g)].map(
        ([, operation]) => operation,
      ),
    ])
    const { 'guard-removed': removed, 'guard-changed': changed } = Object.fromEntries(operations) as Record<
      string,
      string[]
    >
    expect(removed).toEqual(
      expect.arrayContaining([
        'roleAssignments/delete',
        'locks/delete',
        'diagnosticSettings/delete',
        'scheduledQueryRules/delete',
      ]),
    )
    expect(changed).toEqual(['roleAssignments/write', 'roleDefinitions/write', 'diagnosticSettings/write'])
  })

  it('ask from three places whether the service can issue', () => {
    const [test] = resourcesOf(snapshot, 'Microsoft.Insights/webtests')
    expect(test?.kind).toBe('standard')
    expect(test?.properties).toMatchObject({
      Enabled: true,
      Kind: 'standard',
      Request: { RequestUrl: expect.stringContaining('/readyz'), HttpVerb: 'GET', FollowRedirects: false },
      ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true },
    })
    expect(valueAt(test, 'Locations')).toHaveLength(3)
    const rule = resourceOf(snapshot, 'Microsoft.Insights/metricAlerts', 'not-ready')
    expect(valueAt(rule, 'criteria.failedLocationCount')).toBe(2)
  })
})
