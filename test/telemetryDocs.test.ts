import { describe, expect, it } from 'vitest'
import { catalogue } from '../lib/errors/catalogue.ts'
import type { Housekept } from '../lib/ledger/days/housekeeping.ts'
import { counters, gauges, histograms, type Instrument } from '../lib/telemetry/instrument.ts'
import { formatIssuerFailure, formatWastedSignature } from '../lib/telemetry/signingIds.ts'
import type { RequestLine } from '../lib/telemetry/requestLine.ts'
import { stageNames } from '../lib/telemetry/trace.ts'
import { syntaxFaults } from './kusto.ts'
import { faultsOf, type Vocabulary } from './kql.ts'
import { projectFile } from './pages.ts'

const page = projectFile('docs/telemetry.md')
const queries = [...page.matchAll(/^```kql\n([^`]*)^```/gm)].map(([, query = '']) => query)

const kinds = { counter: counters, histogram: histograms, gauge: gauges }
const instruments: Readonly<Record<string, Instrument>> = { ...counters, ...histograms, ...gauges }

const requestFields = {
  invocationId: true,
  function: true,
  tenant: true,
  status: true,
  code: true,
  milliseconds: true,
  stages: true,
  requestId: true,
  vaultRequestId: true,
  cause: true,
} satisfies Record<keyof RequestLine, true>

const housekeepingFields = {
  created: true,
  dropped: true,
  daysAhead: true,
  failed: true,
  stranded: true,
} satisfies Record<keyof Housekept, true>

const fieldsOf = (line: string): readonly string[] => Object.keys(JSON.parse(line) as object)

const vocabulary: Vocabulary = {
  tables: {
    // learn.microsoft.com/azure/azure-monitor/app/convert-classic-resource, "Workspace-based resource changes"
    customMetrics: [
      'timestamp',
      'name',
      'valueSum',
      'valueCount',
      'valueMin',
      'valueMax',
      'cloud_RoleInstance',
    ],
    requests: ['timestamp', 'name', 'duration', 'success', 'resultCode', 'cloud_RoleInstance'],
    dependencies: ['timestamp', 'name', 'duration', 'success', 'cloud_RoleInstance'],
    traces: ['timestamp', 'message', 'severityLevel', 'cloud_RoleInstance'],
    // learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs
    AZKVAuditLogs: [
      'TimeGenerated',
      'OperationName',
      'ResultType',
      'CorrelationId',
      'CallerIpAddress',
      'Identity',
      'RequestUri',
      'Id',
      'HttpStatusCode',
      'DurationMs',
    ],
  },
  dimensions: {
    ...Object.fromEntries(Object.entries(instruments).map(([name, { attributes }]) => [name, attributes])),
    // What azureExporters.test.ts sees arrive.
    requests: ['invocationId', 'tenant', 'code'],
    dependencies: ['code'],
  },
  lines: {
    request: Object.keys(requestFields),
    housekeeping: ['event', 'milliseconds', ...Object.keys(housekeepingFields)],
    'issuer-failed': fieldsOf(
      formatIssuerFailure({ tenant: '', issuer: '', requestId: '', vaultRequestId: '', cause: '' }),
    ),
    'signature-wasted': fieldsOf(
      formatWastedSignature({
        tenant: '',
        issuer: '',
        requestId: '',
        vaultRequestId: '',
        reason: 'race lost',
      }),
    ),
  },
  stages: stageNames,
  // learn.microsoft.com/azure/key-vault/general/logging names the operations
  words: [...Object.keys(catalogue), ...stageNames, 'KeySign', 'issuer'],
}

describe('the queries of docs/telemetry.md', () => {
  it('name what there is', () => {
    expect(queries.length).toBeGreaterThan(20)
    expect(queries.length).toBe(page.split('```kql').length - 1)
    for (const query of queries) {
      expect(faultsOf(query, vocabulary), query).toEqual([])
      expect(syntaxFaults(query), query).toEqual([])
    }
  })

  it('use every metric, and every event an operator can do something about', () => {
    const all = queries.join('\n')
    for (const name of [...Object.keys(instruments), 'housekeeping', 'signature-wasted'])
      expect(all).toContain(`"${name}"`)
  })
})

describe('the check of the queries', () => {
  const good = 'customMetrics\n| where name == "mayfly.requests.refused" and customDimensions.code == "fault"'
  const lines =
    'traces\n| extend line = parse_json(message)\n| where line.event == "housekeeping" and line.created == 1'

  it.each([
    ['a table', good.replace('customMetrics', 'customMetric'), 'There is no table customMetric.'],
    ['a metric', good.replace('refused', 'denied'), 'There is no mayfly.requests.denied.'],
    ['a column', good.replace('name ==', 'metric =='), 'There is no metric.'],
    ['a dimension', good.replace('.code', '.reason'), 'There is no customDimensions.reason.'],
    ['a quoted dimension', good.replace('.code', '["reason"]'), 'There is no customDimensions.reason.'],
    ['a code', good.replace('fault', 'default'), 'There is no default.'],
    ['a function', good.replace('where', 'where isnul(name) and'), 'There is no isnul.'],
    ['a field of an event', lines.replace('.created', '.made'), 'There is no line.made.'],
    ['a field that another line has', lines.replace('.created', '.status'), 'There is no line.status.'],
    ['an event', lines.replace('housekeeping', 'housekept'), 'There is no line.event.'],
    [
      'a stage',
      'traces | extend line = parse_json(message) | project line.stages.nap',
      'There is no line.stages.nap.',
    ],
    ['a line', 'traces | where line.code == "fault"', 'There is no line.code.'],
  ])('finds %s that there is not', (_, query, fault) => {
    expect(faultsOf(query, vocabulary)).toContain(fault)
  })

  it('finds nothing in good ones, and refuses what is no query', () => {
    expect([...faultsOf(good, vocabulary), ...faultsOf(lines, vocabulary)]).toEqual([])
    expect(() => faultsOf('traces | where message == `x`', vocabulary)).toThrow('No KQL at')
  })
})

describe('docs/telemetry.md', () => {
  it('lists every metric as it is exported', () => {
    for (const [kind, group] of Object.entries(kinds))
      for (const [name, { unit, description, attributes }] of Object.entries<Instrument>(group)) {
        const labels = attributes.map((attribute) => `\`${attribute}\``).join(', ')
        expect(page).toContain(`| \`${name}\` | ${kind} | ${unit} | ${labels} | ${description} |\n`)
      }
    expect(page.match(/^\| `mayfly\./gm)).toHaveLength(Object.keys(instruments).length)
  })

  it('shows a line of a request as it is', () => {
    const [, example = ''] = /^```json\n([^`]*)^```/m.exec(page) ?? []
    const line = JSON.parse(example) as { readonly stages: Readonly<Record<string, number>> }
    expect(Object.keys(line)).toEqual(Object.keys(requestFields).filter((field) => field !== 'cause'))
    expect(stageNames).toEqual(expect.arrayContaining(Object.keys(line.stages)))
  })

  it('names the settings that there are', () => {
    const source = projectFile('lib/telemetry/telemetry.ts')
    for (const [setting] of source.matchAll(/[A-Z]+(?:_[A-Z]+)+/g)) expect(page).toContain(`\`${setting}\``)
  })
})
