import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseCommandLine } from '../cli/parseCommandLine.ts'
import { computed, withCosts } from '../tools/costs.ts'
import { perMillion, sum } from '../tools/costs/money.ts'
import { scaleOf } from '../tools/costs/scale.ts'
import { assumed, deployed, monthSeconds, perCertificate, renewalSeconds } from '../tools/costs/usage.ts'
import { grantsOf } from './infra/grants.ts'
import { infraFile, resourceOf, resourcesOf, shortName, snapshots, valueAt } from './infra/infra.ts'
import { fencesOf, projectFile, type ReadersCopy, readersCopy } from './readersCopy.ts'

const text = await projectFile('docs/deploy.md')
const azureFences = [...text.matchAll(/```sh azure\n([\s\S]*?)```/g)].map(([, commands = '']) => commands)

/** The commands of the CLI, as the words after `mayfly`. */
const commandLines = azureFences
  .flatMap((commands) => commands.replaceAll('\\\n', ' ').split('\n'))
  .filter((line) => line.startsWith('npx --no mayfly '))
  .map((line) => [...line.replace(/ > .*/, '').matchAll(/"[^"]*"|\S+/g)].map(([word]) => word).slice(3))

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

  it('has the tables that tools/costs.ts computes', () => {
    expect(Object.keys(computed)).toEqual(['costs', 'scale'])
    expect(text).toBe(withCosts(text))
  })

  it('names commands and options that the CLI has', () => {
    expect(commandLines.length).toBeGreaterThan(9)
    for (const words of commandLines)
      expect(parseCommandLine(words), words.join(' ')).toMatchObject({ kind: 'run' })
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
      'guard-removed',
    ]) {
      expect(text).toContain(`\`${name}\``)
      expect(rules.map(shortName)).toContain(name)
    }
  })
})

describe('what tools/costs.ts counts', () => {
  it('is what infra/ deploys', () => {
    const snapshot = snapshots.defaults
    const count = (type: string) => resourcesOf(snapshot, type).length
    const queries = resourcesOf(snapshot, 'Microsoft.Insights/scheduledQueryRules')
    const often = queries.filter((rule) => valueAt(rule, 'evaluationFrequency') === 'PT5M')
    expect(often).toHaveLength(deployed.queryAlertsOften)
    expect(queries).toHaveLength(deployed.queryAlertsOften + deployed.queryAlerts)
    expect(count('Microsoft.Insights/metricAlerts')).toBe(deployed.metricAlerts)
    const [test] = resourcesOf(snapshot, 'Microsoft.Insights/webtests')
    const [places, seconds] = ['Locations', 'Frequency'].map((name) => test && valueAt(test, name))
    expect(((places as readonly unknown[]).length * monthSeconds) / Number(seconds)).toBe(
      deployed.webTestRuns,
    )
    const [workspace] = resourcesOf(snapshot, 'Microsoft.OperationalInsights/workspaces')
    const [tables] = resourcesOf(snapshot, 'Microsoft.Storage/storageAccounts')
    const enroll = resourceOf(snapshot, 'Microsoft.Web/sites', 'enroll')
    expect([
      valueAt(workspace, 'retentionInDays'),
      valueAt(enroll, 'functionAppConfig.scaleAndConcurrency.instanceMemoryMB'),
      tables?.sku?.name,
    ]).toEqual([deployed.logRetentionDays, deployed.instanceGigabytes * 1024, 'Standard_GRS'])
    const keep = JSON.stringify(resourceOf(snapshot, 'Microsoft.Web/sites', 'keep'))
    expect(keep).toMatch(new RegExp(`MAYFLY_RETENTION_DAYS[^}]*\\b${deployed.retentionDays}\\b`))
  })

  it('is what privateNetwork adds', () => {
    const snapshot = snapshots.private
    expect(resourcesOf(snapshot, 'Microsoft.Network/privateEndpoints')).toHaveLength(
      deployed.privateEndpoints,
    )
    expect(resourcesOf(snapshot, 'Microsoft.Network/privateDnsZones')).toHaveLength(deployed.privateZones)
  })
})

describe('the arithmetic', () => {
  it('renews every 40.5 minutes on average', () => {
    expect(renewalSeconds).toBe(2_430)
    expect(text).toContain('every 40.5 min')
  })

  it('of a million certificates by hand: 15 + 0.072 + 0.54 + 0.40 + 8.00', () => {
    expect(sum(perMillion())).toBeCloseTo(15 + 0.072 + 0.54 + 0.4 + 8, 6)
  })

  it('of 100,000 devices by hand', () => {
    const scale = scaleOf(100_000)
    expect(scale.average).toBeCloseTo(41.152, 3)
    expect(scale.peak).toBeCloseTo(164.609, 3)
    expect(scale.certificates).toBeCloseTo(108.148, 3)
    // 165 of 140 that are planned of a vault, and of 100 of an instance.
    expect(scale).toMatchObject({ vaults: 2, subscriptions: 1, instances: 2 })
    expect(scale.partition).toBeCloseTo((164.609 * 2) / 16 / 2_000, 6)
    // One instance of 2 GB, executing all the time; a second issuer; a million costs 24.01 and its traces 18.98.
    const time = 2 * monthSeconds * 0.000026
    expect(scale.usd.all).toBeCloseTo(25.6 + 0.1 + 15.768 + 5 + 108.148 * (24.012 + 18.975) + time, -1)
  })

  it('grows with the devices, and stays within what one account and partition take', () => {
    const scales = [1_000, 10_000, 100_000, 1_000_000].map(scaleOf)
    for (const [index, scale] of scales.entries()) {
      expect(scale.usd.all).toBeGreaterThan(scale.usd.tenth)
      expect(scale.usd.tenth).toBeGreaterThan(scales[index - 1]?.usd.all ?? 0)
      expect(scale.partition).toBeLessThan(assumed.load)
      expect(scale.peak * perCertificate.tableTransactions).toBeLessThan(20_000)
    }
  })
})

// The commands are written for a POSIX shell.
describe.skipIf(process.platform === 'win32')('the commands of docs/deploy.md that need no Azure', () => {
  let copy: ReadersCopy

  beforeAll(async () => {
    copy = await readersCopy()
  })

  afterAll(() => copy[Symbol.asyncDispose]())

  it('run as they stand, one after the other', async () => {
    const [checkAndBuild = '', costs = '', ...others] = fencesOf(text)
    expect(others).toEqual([])
    const first = await copy.shell(checkAndBuild)
    expect(first.stdout).toContain('dist/functions.mjs')
    const { stdout } = await copy.shell(costs)
    const printed = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('> '))
    expect(printed.length).toBeGreaterThan(30)
    for (const line of printed) expect(text).toContain(line)
  }, 60_000)
})
