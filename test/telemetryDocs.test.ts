import { describe, expect, it } from 'vitest'
import { counters, gauges, histograms, type Instrument } from '../lib/telemetry/instrument.ts'
import { stageNames } from '../lib/telemetry/trace.ts'
import { resourcesOf, shortName, snapshots, valueAt } from './infra/infra.ts'
import { queryFaults } from './kusto.ts'
import { blocksIn, projectFile } from './pages.ts'
import { lines, unknownNames } from './queryNames.ts'

const page = projectFile('docs/telemetry.md')
const queries = blocksIn('kql', page)

const kinds = { counter: counters, histogram: histograms, gauge: gauges }
const instruments: Readonly<Record<string, Instrument>> = { ...counters, ...histograms, ...gauges }

const rows = 'timestamp: datetime, customDimensions: dynamic, cloud_RoleInstance: string'

/** The columns of the tables that are asked. */
const tables = {
  // learn.microsoft.com/azure/azure-monitor/app/convert-classic-resource, "Workspace-based resource changes"
  customMetrics: `${rows}, name: string, valueSum: real, valueCount: int, valueMin: real, valueMax: real`,
  requests: `${rows}, name: string, duration: real, success: bool, resultCode: string`,
  dependencies: `${rows}, name: string, duration: real, success: bool`,
  traces: `${rows}, message: string, severityLevel: int`,
  // learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs
  AZKVAuditLogs:
    'TimeGenerated: datetime, OperationName: string, ResultType: string, CorrelationId: string, CallerIpAddress: string, Identity: dynamic, RequestUri: string, Id: string, HttpStatusCode: int, DurationMs: int',
}

const faultsOf = (query: string): readonly string[] => [...queryFaults(query, tables), ...unknownNames(query)]

describe('the queries of docs/telemetry.md', () => {
  it('are KQL for Microsoft’s parser, and name what there is', () => {
    expect(queries.length).toBeGreaterThan(12)
    for (const query of queries) expect(faultsOf(query), query).toEqual([])
  })

  it('use every metric, with those of the alerts, and the event that wants reconciling', () => {
    const alerts = resourcesOf(snapshots.defaults, 'Microsoft.Insights/scheduledQueryRules')
    const all = [...queries, ...alerts.map((rule) => String(valueAt(rule, 'criteria.allOf.0.query')))].join()
    for (const name of [...Object.keys(instruments), 'signature-wasted']) expect(all).toContain(`"${name}"`)
  })

  const metric =
    'customMetrics\n| where name == "mayfly.requests.refused" and customDimensions.code == "fault"'
  const line =
    'traces\n| extend line = parse_json(message)\n| where line.event == "housekeeping" and line.created == 1'

  it.each([
    ['a table', metric.replace('customMetrics', 'customMetric'), 'customMetric'],
    ['a metric', metric.replace('refused', 'denied'), 'mayfly.requests.denied'],
    ['a column', metric.replace('name ==', 'metric =='), 'metric'],
    ['a dimension', metric.replace('.code', '.reason'), 'reason'],
    ['a quoted dimension', metric.replace('.code', '["reason"]'), 'reason'],
    ['a code', metric.replace('fault', 'default'), 'default'],
    ['a code of several', metric.replace('== "fault"', 'in ("fault", "default")'), 'default'],
    ['a function', metric.replace('where', 'where isnul(name) and'), 'isnul'],
    ['a field of an event', line.replace('.created', '.made'), 'made'],
    ['a field that another line has', line.replace('.created', '.status'), 'status'],
    ['an event', line.replace('housekeeping', 'housekept'), 'housekept'],
    ['a stage', line.replace(/\| where.*/, '| project line.stages.nap'), 'nap'],
    ['a line', 'traces | where line.code == "fault"', 'line'],
  ])('would be seen naming %s that there is not', (_, query, name) => {
    expect([...faultsOf(metric), ...faultsOf(line)]).toEqual([])
    expect(faultsOf(query).join('\n')).toContain(name)
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
    expect(Object.keys(line)).toEqual(lines.request.filter((field) => field !== 'cause'))
    expect(stageNames).toEqual(expect.arrayContaining(Object.keys(line.stages)))
  })

  it('lists every alert that infra/ has, with its severity, and no other', () => {
    const rules = ['scheduledQueryRules', 'metricAlerts', 'activityLogAlerts'].flatMap((kind) =>
      resourcesOf(snapshots.defaults, `Microsoft.Insights/${kind}`).map((rule) => {
        const severity = valueAt(rule, 'severity')
        return `${shortName(rule)} ${typeof severity === 'number' ? severity : ''}`.trim()
      }),
    )
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (\d?) \|/gm)].map(([, name, severity]) =>
      `${name} ${severity}`.trim(),
    )
    expect(listed.toSorted()).toEqual(rules.toSorted())
  })

  it('names the settings that there are', () => {
    const source = projectFile('lib/telemetry/telemetry.ts')
    for (const [setting] of source.matchAll(/[A-Z]+(?:_[A-Z]+)+/g)) expect(page).toContain(`\`${setting}\``)
  })
})
