import { describe, expect, it } from 'vitest'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { counters, gauges, histograms } from '../../lib/telemetry/instruments.ts'
import type { RequestLine } from '../../lib/telemetry/requestLine.ts'
import { type Expression, propertyOf } from '../../tools/bicep/syntax.ts'
import { infra, written } from './infra.ts'

const rulesOf = (variable: string): readonly Expression[] => {
  const found = infra
    .get('modules/alerts.bicep')
    ?.statements.find((one) => 'name' in one && one.name === variable)
  return found?.kind === 'var' && found.value.kind === 'array' ? found.value.items : []
}

const rules = rulesOf('queryAlerts').map((rule) => ({
  name: written(propertyOf(rule, 'name')),
  scope: written(propertyOf(rule, 'scope')),
  severity: written(propertyOf(rule, 'severity')),
  query: written(propertyOf(rule, 'query')),
}))
const queryOf = (name: string): string => rules.find((rule) => rule.name === name)?.query ?? ''

describe('the alerts', () => {
  it('are these', () => {
    expect(rules.map(({ name, severity }) => `${severity} ${name}`)).toEqual([
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
    expect(rulesOf('vaultAlerts').map((rule) => written(propertyOf(rule, 'name')))).toEqual([
      'slow',
      'throttled',
      'refused',
    ])
  })

  it('ask for metrics, attributes and codes that there are', () => {
    const instruments: Readonly<Record<string, { readonly attributes: readonly string[] }>> = {
      ...counters,
      ...gauges,
      ...histograms,
    }
    for (const { query } of rules.filter(({ scope }) => scope === 'metrics')) {
      const [, metric = ''] = /name == "(mayfly\.[\w.]+)"/.exec(query) ?? []
      expect(Object.keys(instruments)).toContain(metric)
      const attributes = [...query.matchAll(/customDimensions\.(\w+)/g)].map(([, name]) => name)
      expect(instruments[metric]?.attributes).toEqual(expect.arrayContaining(attributes))
      const codes = [...query.matchAll(/"([a-z]+(?:-[a-z]+)+)"/g)].map(([, code]) => code)
      expect(Object.keys(catalogue)).toEqual(expect.arrayContaining(codes))
    }
  })

  it('read metrics from Application Insights, and lines and the key log from the workspace', () => {
    for (const { query, scope } of rules)
      expect(query.trimStart().replace(/^replace\(+(replace\()?\s*/, '')).toMatch(
        scope === 'metrics' ? /^customMetrics\n/ : /^(AZKVAuditLogs|FunctionAppLogs)\n/,
      )
  })

  it('hold the key log up to the lines of the app, for the enrolling identity and the issuer vault alone', () => {
    const query = queryOf('unexplained-signature')
    const fields: readonly (keyof RequestLine)[] = ['vaultRequestId', 'requestId']
    expect(query).toContain('join kind=leftanti')
    for (const field of fields) expect(query).toContain(`line.${field}`)
    expect(query).toMatch(/<vault>, issuerVaultId\), <enroll>, enrollClientId\)$/)
  })

  it('tell of every way to take or stop a key', () => {
    const watched = [
      ...`${queryOf('key-copied-or-lost')}${queryOf('key-changed')}`.matchAll(/"((?:Key|Vault)\w+)"/g),
    ]
    expect(watched.map(([, operation]) => operation)).toEqual(
      expect.arrayContaining(['KeyBackup', 'KeyDelete', 'KeyUpdate', 'KeyPurge', 'KeyImport', 'KeyRotate']),
    )
  })
})
