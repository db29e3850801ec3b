import { describe, expect, it } from 'vitest'
import { graphPermissions } from '../lib/directory/graphPermissions.ts'
import { renewalWindow } from '../lib/enroll/issueOnce.ts'
import { grantsOf } from './infra/grants.ts'
import {
  infraFile,
  resourceOf,
  resourcesOf,
  shortName,
  type Snapshot,
  snapshots,
  valueAt,
} from './infra/infra.ts'
import { projectFile } from './pages.ts'

const text = projectFile('docs/deploy.md')

describe('docs/deploy.md', () => {
  it('tells of every grant of infra/, and of no other', () => {
    const [, table = ''] = /<!-- roles -->\n([\s\S]*?)<!-- roles: end -->/.exec(text) ?? []
    const told = table
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => {
        const [, who = '', on = '', may = ''] = line.split('|').map((cell) => cell.trim())
        return [
          who,
          on.replaceAll('`', ''),
          ...[...may.matchAll(/`([^`]*)`/g)].map(([, one = '']) => one).toSorted(),
        ]
      })
    const grants = grantsOf(snapshots.private)
    const granted = grants.map(({ who, on, may }) => [
      who,
      on,
      ...may
        .map((one) =>
          one
            .replace(/^data:/, '')
            .replace(/^Microsoft\.[^/]+\/(?:vaults|storageAccounts\/tableServices)\//, ''),
        )
        .toSorted(),
    ])
    expect(granted.length).toBeGreaterThan(10)
    expect(told.map((one) => one.join(' ')).toSorted()).toEqual(
      granted.map((one) => one.join(' ')).toSorted(),
    )
  })

  it('names parameters and outputs that infra/ has', () => {
    const parameters = [...infraFile('main.bicep').matchAll(/^param (\w+)/gm)].map(([, name]) => name)
    for (const name of [
      'administratorAddresses',
      'privateNetwork',
      'trafficManager',
      'locks',
      'maximumInstances',
      'dataRedundancy',
    ]) {
      expect(text).toContain(name)
      expect(parameters).toContain(name)
    }
    expect(Object.keys(snapshots.defaults.outputs)).toEqual(
      expect.arrayContaining(['deployment', 'enrollClientId', 'housekeepingClientId']),
    )
    const enroll = resourceOf(snapshots.defaults, 'Microsoft.Web/sites', 'enroll')
    expect(text).toContain(
      `(${String(valueAt(enroll, 'functionAppConfig.scaleAndConcurrency.maximumInstanceCount'))})`,
    )
  })

  it('names alerts that infra/ has', () => {
    const snapshot = snapshots.defaults
    const rules = ['scheduledQueryRules', 'metricAlerts', 'activityLogAlerts'].flatMap((kind) =>
      resourcesOf(snapshot, `Microsoft.Insights/${kind}`),
    )
    for (const name of [
      'unexplained-signature',
      'key-copied-or-lost',
      'issuer-vault-refused',
      'cannot-sign',
      'not-ready',
      'guard-changed',
    ]) {
      expect(text).toContain(`\`${name}\``)
      expect(rules.map(shortName)).toContain(name)
    }
  })
})

const monthSeconds = 730 * 3600

/** The rows of the table with this heading, cell by cell. */
const tableOf = (heading: string): readonly (readonly string[])[] => {
  const [, rows = ''] = text.split(`| ${heading} |`)
  const [table = ''] = rows.split('\n\n')
  return table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.replaceAll('**', '').trim()),
    )
}

const numberIn = (cell: string | undefined): number => Number(cell?.replaceAll(/[, %]/g, ''))

/** Computes such as `3.2 GB x (2.30 + 2 x 0.10)`. */
const compute = (arithmetic: string): number => {
  const plain = arithmetic.replace(/\(([^)]*)\)/, (_, inner: string) => String(compute(inner)))
  const product = (factors: string): number =>
    factors
      .split(' x ')
      .reduce((all, factor) => all * Number(factor.replace(/ (GB|s|h)$/, '').replaceAll(',', '')), 1)
  return plain.split(' + ').reduce((all, factors) => all + product(factors), 0)
}

describe('the costs', () => {
  const { defaults, private: closed } = snapshots
  const month = tableOf('a month | arithmetic | USD')
  const million = tableOf('a million certificates | arithmetic | USD')
  const prices = tableOf('price | USD | page | seen 2026-11-22 in')
  const costs = [...month, ...million]
  const costOf = (what: string): number => numberIn(costs.find(([name]) => name === what)?.[2])
  const arithmeticOf = (start: string): string => costs.find(([name]) => name?.startsWith(start))?.[1] ?? ''

  it('are what their arithmetic gives', () => {
    expect([month.length, million.length, prices.length]).toEqual([11, 10, 16])
    for (const [what, arithmetic = '', usd] of costs)
      if (arithmetic) expect(compute(arithmetic).toFixed(2), what).toBe(usd)
    for (const [total, table] of [
      ['idle', month],
      ['whatever the load', million],
    ] as const) {
      const summands = table.slice(
        0,
        table.findIndex(([what]) => what === total),
      )
      const sum = summands.reduce((all, [, arithmetic = '']) => all + compute(arithmetic), 0)
      expect(sum.toFixed(2)).toBe(costOf(total).toFixed(2))
    }
  })

  it('are made of prices that say where they were seen', () => {
    const factors = costs.flatMap(([, arithmetic = '']) => arithmetic.match(/[\d.]+/g) ?? []).map(Number)
    for (const [what, price = '', page, seen] of prices) {
      expect(factors, what).toContain(Number(price.split(' / ')[0]))
      expect([page, seen].every(Boolean), what).toBe(true)
    }
  })

  it('count what infra/ deploys', () => {
    const rules = resourcesOf(defaults, 'Microsoft.Insights/scheduledQueryRules')
    const often = rules.filter((rule) => valueAt(rule, 'evaluationFrequency') === 'PT5M').length
    expect(arithmeticOf('alerts over logs, every 5')).toMatch(`${often} x`)
    expect(arithmeticOf('alerts over logs, less')).toMatch(`${rules.length - often} x`)
    const count = (snapshot: Snapshot, type: string) => resourcesOf(snapshot, type).length
    expect(arithmeticOf('alerts over metrics')).toMatch(
      `${count(defaults, 'Microsoft.Insights/metricAlerts')} x`,
    )
    const [test] = resourcesOf(defaults, 'Microsoft.Insights/webtests')
    const runs =
      (valueAt(test, 'Locations') as readonly unknown[]).length *
      (monthSeconds / Number(valueAt(test, 'Frequency')))
    expect(arithmeticOf('asking `/readyz`')).toMatch(`${runs} x`)
    const endpoints = count(closed, 'Microsoft.Network/privateEndpoints')
    const zones = count(closed, 'Microsoft.Network/privateDnsZones')
    expect(arithmeticOf('`privateNetwork`')).toMatch(new RegExp(`^${endpoints} x .* \\+ ${zones} x`))
  })

  it('go by the memory, the days and the copies that infra/ asks for', () => {
    const gigabytes = (app: string) =>
      Number(
        valueAt(
          resourceOf(defaults, 'Microsoft.Web/sites', app),
          'functionAppConfig.scaleAndConcurrency.instanceMemoryMB',
        ),
      ) / 1024
    expect(arithmeticOf('time, where every')).toMatch(` ${gigabytes('enroll')} GB `)
    expect(arithmeticOf('housekeeping')).toMatch(` ${gigabytes('keep')} GB `)
    const [workspace] = resourcesOf(defaults, 'Microsoft.OperationalInsights/workspaces')
    expect(
      arithmeticOf(
        `log lines and the vault's record, kept ${String(valueAt(workspace, 'retentionInDays'))} days`,
      ),
    ).toMatch(/ 2 x 0\.10\)$/)
    const keep = JSON.stringify(resourceOf(defaults, 'Microsoft.Web/sites', 'keep'))
    const [, days] = /MAYFLY_RETENTION_DAYS[^}]*?\b(\d+)\b/.exec(keep) ?? []
    expect(arithmeticOf(`ledger rows, kept ${days} days`)).toMatch(/^3 GB x 3 x /)
    expect(resourceOf(defaults, 'Microsoft.Storage/storageAccounts', 'rec')?.sku?.name).toBe('Standard_GRS')
  })

  it('grow with the devices as the text says', () => {
    const { start, end } = renewalWindow(new Date(0), new Date(3_600_000), 0.5)
    expect((start.getTime() + end.getTime()) / 2).toBe(40.5 * 60_000)
    const scale = tableOf(
      'devices | million certificates a month | signatures/s | in the morning | issuers, each in its vault | subscriptions x regions | load of a partition | instances | USD a month, all traces | a tenth',
    )
    expect(scale).toHaveLength(4)
    for (const [index, row] of scale.entries()) {
      const devices = 10 ** (index + 3)
      const perSecond = devices / 2_430
      const morning = 4 * perSecond
      const issuers = Math.ceil(morning / (0.7 * 200))
      const millions = (perSecond * monthSeconds) / 1_000_000
      const busy = perSecond > 100 ? perSecond / 100 : 1 - Math.exp(-perSecond)
      const usd = (traces: number) => 41.47 + 5 * (issuers - 1) + millions * (24.01 + traces) + busy * 136.66
      const wanted = [
        devices,
        millions,
        perSecond,
        morning,
        issuers,
        Math.ceil(issuers / 5),
        (100 * morning * 2) / 16 / 2_000,
        Math.ceil(morning / 100),
        usd(18.975),
        usd(1.8975),
      ]
      for (const [column, cell] of row.entries())
        expect(numberIn(cell) / (wanted[column] ?? 0), `${devices}: ${cell}`).toBeCloseTo(1, 1.9)
    }
    expect([costOf('idle'), costOf('whatever the load')]).toEqual([41.47, 24.01])
  })

  it('go no further than the directory does, by the requests that a look-up takes', () => {
    const rows = tableOf(
      'what a certificate asks | limit of an app in a directory | certificates/s | devices',
    )
    expect(rows).toHaveLength(5)
    const found = rows.map(([, limit = '', perSecond = '', devices = '']) => {
      const [, count = '', seconds = ''] = /([\d,]+) \w+ \/ (\d+) s/.exec(limit) ?? []
      const asked = numberIn(count) / Number(seconds) / numberIn(perSecond)
      expect(numberIn(devices) / (numberIn(perSecond) * (2_430 / 4))).toBeCloseTo(1, 1.9)
      return asked
    })
    expect(found).toEqual([1, 1, 1, 2, 1])
  })

  it('ask the directory by what its table of permissions says', () => {
    for (const { name } of Object.values(graphPermissions)) expect(text).toContain(`| \`${name}\` |`)
  })
})
