import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { hostLimits } from '../../lib/admission/hostLimits.ts'
import { infraFile, resourceOf, resourcesOf, shortName, snapshots, valueAt } from './infra.ts'

const projectFile = (name: string): Promise<string> =>
  readFile(new URL(`../../${name}`, import.meta.url), 'utf8')

describe('what infra/ makes', () => {
  const { defaults: plain, private: closed } = snapshots

  /** Holds every resource of a type to what it must say. */
  const expectEach = (type: string, names: readonly string[], wanted: Readonly<Record<string, unknown>>) => {
    for (const snapshot of [plain, closed]) {
      expect(resourcesOf(snapshot, type).map(shortName)).toEqual(names)
      for (const one of resourcesOf(snapshot, type))
        expect(Object.fromEntries(Object.keys(wanted).map((path) => [path, valueAt(one, path)]))).toEqual(
          wanted,
        )
    }
  }

  it('vaults: two, premium, by roles, that keep what is deleted for 90 days, and no key that a template made', () => {
    expectEach('Microsoft.KeyVault/vaults', ['i', 'r'], {
      'sku.name': 'premium',
      enableRbacAuthorization: true,
      enableSoftDelete: true,
      enablePurgeProtection: true,
      softDeleteRetentionInDays: 90,
      'networkAcls.bypass': 'None',
    })
    expect(resourcesOf(plain, 'Microsoft.KeyVault/vaults/keys')).toEqual([])
  })

  it('storage: no shared key, nothing below TLS 1.2, nothing public', () => {
    expectEach('Microsoft.Storage/storageAccounts', ['cfg', 'rec', 'eh', 'hh'], {
      allowSharedKeyAccess: false,
      defaultToOAuthAuthentication: true,
      allowBlobPublicAccess: false,
      allowCrossTenantReplication: false,
      minimumTlsVersion: 'TLS1_2',
      supportsHttpsTrafficOnly: true,
    })
    const containers = resourcesOf(plain, 'Microsoft.Storage/storageAccounts/blobServices/containers')
    expect(containers.map((one) => valueAt(one, 'publicAccess'))).toEqual(['None', 'None'])
  })

  it('addresses: of /31 and /32, which storage refuses, the single ones, each once', () => {
    const hosts = ['203.0.113.5', '198.51.100.6', '198.51.100.7', '192.0.2.0/24']
    const rules = closed.predictedResources.flatMap((one) => {
      const found = valueAt(one, 'networkAcls.ipRules') as readonly { readonly value: string }[] | undefined
      return found ? [[shortName(one), found.map(({ value }) => value)]] : []
    })
    expect(Object.fromEntries(rules)).toEqual({ i: hosts, r: hosts, cfg: hosts, rec: hosts })
    expect(JSON.stringify(closed)).not.toMatch(/\/3[12]"/)
  })

  it('private: closed to everybody else', () => {
    const actions = closed.predictedResources.flatMap(
      (one) => valueAt(one, 'networkAcls.defaultAction') ?? [],
    )
    expect(actions).toEqual(Array.from({ length: 6 }, () => 'Deny'))
  })

  it('apps: https from TLS 1.2 on, no password, and a main site that the platform reaches, or no timer would run', () => {
    expectEach('Microsoft.Web/sites', ['enroll', 'keep'], {
      httpsOnly: true,
      clientCertEnabled: false,
      clientCertExclusionPaths: undefined,
      'siteConfig.minTlsVersion': '1.2',
      'siteConfig.scmMinTlsVersion': '1.2',
      'siteConfig.ftpsState': 'Disabled',
      'siteConfig.http20Enabled': true,
      'siteConfig.linuxFxVersion': undefined,
      'siteConfig.ipSecurityRestrictions': undefined,
      'siteConfig.ipSecurityRestrictionsDefaultAction': 'Allow',
      publicNetworkAccess: 'Enabled',
      'functionAppConfig.deployment.storage.authentication.type': 'UserAssignedIdentity',
    })
    const policies = resourcesOf(plain, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies')
    expect(policies.map((one) => `${one.name.split('/').at(-1)} ${String(valueAt(one, 'allow'))}`)).toEqual([
      'ftp false',
      'scm false',
      'ftp false',
      'scm false',
    ])
  })

  it('enrolling: zones where they are asked for, and as many requests at once as an instance admits', () => {
    const scale = (path: string) =>
      [plain, closed].map((snapshot) =>
        valueAt(
          resourceOf(snapshot, 'Microsoft.Web/sites', 'enroll'),
          `functionAppConfig.scaleAndConcurrency.${path}`,
        ),
      )
    expect(scale('triggers.http.perInstanceConcurrency')).toEqual([
      hostLimits.requestsAtOnce,
      hostLimits.requestsAtOnce,
    ])
    expect(infraFile('main.bicep')).toMatch(
      new RegExp(
        `@minValue\\(${hostLimits.requestsAtOnce}\\)\n@maxValue\\(\\d+\\)\nparam instanceConcurrency int`,
      ),
    )
    expect(scale('alwaysReady')).toEqual([[], [{ name: 'http', instanceCount: 2 }]])
    const plans = [plain, closed].map((snapshot) =>
      resourceOf(snapshot, 'Microsoft.Web/serverfarms', 'enroll'),
    )
    expect(plans.map((plan) => valueAt(plan, 'zoneRedundant'))).toEqual([false, true])
  })

  it('Traffic Manager: nothing more than one name for VPN servers, the preferred one first', () => {
    const ids = (snapshot: typeof plain) => snapshot.predictedResources.map(({ id }) => id)
    const known = new Set(ids(plain))
    expect(ids(plain).filter((id) => !ids(snapshots.trafficManager).includes(id))).toEqual([])
    const added = snapshots.trafficManager.predictedResources.filter(({ id }) => !known.has(id))
    expect(added.map(({ name, properties }) => [name, properties['priority']])).toEqual([
      ['mayfly-vpn', undefined],
      ['mayfly-vpn/first', 1],
      ['mayfly-vpn/second', 2],
    ])
  })

  it('telemetry: from identities alone', () => {
    const [component] = resourcesOf(plain, 'Microsoft.Insights/components')
    const [workspace] = resourcesOf(plain, 'Microsoft.OperationalInsights/workspaces')
    expect(valueAt(component, 'DisableLocalAuth')).toBe(true)
    expect(valueAt(workspace, 'features.disableLocalAuth')).toBe(true)
  })

  it('logs: of both vaults, both apps, and every change of configuration', () => {
    const kept = resourcesOf(plain, 'Microsoft.Insights/diagnosticSettings').map((setting) => {
      const logs = valueAt(setting, 'logs') as readonly {
        readonly category: string
        readonly enabled: boolean
      }[]
      const on = /\/(mayfly[\w-]+?)-?\w{13}\/(?:tableServices\/default\/)?providers\/Microsoft.Insights/.exec(
        setting.id,
      )
      return [on?.[1], logs.map(({ category, enabled }) => `${category} ${enabled}`).join(', ')]
    })
    expect(Object.fromEntries(kept)).toEqual({
      'mayfly-enroll': 'FunctionAppLogs true',
      'mayfly-i': 'AuditEvent true',
      'mayfly-keep': 'FunctionAppLogs true',
      'mayfly-r': 'AuditEvent true',
      mayflycfg: 'StorageWrite true, StorageDelete true',
      mayflyrec: 'StorageDelete true',
    })
  })

  it('locks: keep vaults and data from deletion', () => {
    const locks = resourcesOf(plain, 'Microsoft.Authorization/locks')
    expect(locks).toHaveLength(4)
    const on = locks.map(({ id }) => /\/(mayfly[\w-]+?)-?\w{13}\/providers\/Microsoft.Auth/.exec(id)?.[1])
    expect(new Set(on)).toEqual(new Set(['mayfly-i', 'mayfly-r', 'mayflycfg', 'mayflyrec']))
    expect(locks.map((lock) => valueAt(lock, 'level'))).toEqual(locks.map(() => 'CanNotDelete'))
  })

  const settingsOf = (app: string): Readonly<Record<string, string>> => {
    const settings = valueAt(resourceOf(plain, 'Microsoft.Web/sites', app), 'siteConfig.appSettings')
    // Some names are not known before identities are: Azure computes the list then, from this expression.
    const text = JSON.stringify(settings)
    const names = [...text.matchAll(/'([A-Za-z]+(?:_+[A-Za-z]+)+|AzureWebJobsDisableHomepage)', /g)]
    const list = Array.isArray(settings)
      ? (settings as readonly { readonly name: string; readonly value: string }[])
      : names.map(([, name = '']) => ({ name, value: text }))
    return Object.fromEntries(list.map(({ name, value }) => [name, value]))
  }

  const common = [
    'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
    'APPLICATIONINSIGHTS_CONNECTION_STRING',
    'AZURE_CLIENT_ID',
    'AzureWebJobsDisableHomepage',
    'AzureWebJobsStorage__accountName',
    'AzureWebJobsStorage__clientId',
    'AzureWebJobsStorage__credential',
    'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
    'MAYFLY_ROLE',
    'MAYFLY_TABLES_ENDPOINT',
  ]
  const own = {
    enroll: [
      'APPLICATION_INSIGHTS_NO_STATSBEAT',
      'MAYFLY_CLIENT_IP',
      'MAYFLY_DIRECTORY_ID',
      'MAYFLY_GRAPH_ORIGIN',
      'MAYFLY_RECORDS_ENDPOINT',
      'MAYFLY_TELEMETRY',
    ],
    keep: ['MAYFLY_RETENTION_DAYS'],
  }

  it('settings: those of each app, described, without a key of an account', async () => {
    const pages = `${await projectFile('docs/configuration.md')}${await projectFile('docs/telemetry.md')}`
    const local = await projectFile('local.settings.example.json')
    for (const [app, names] of Object.entries(own)) {
      const settings = settingsOf(app)
      expect(Object.keys(settings).toSorted()).toEqual([...common, ...names].toSorted())
      for (const name of Object.keys(settings).filter((one) => /^(MAYFLY|AZURE|APPLICATION_)/.test(one)))
        expect(pages).toContain(`\`${name}\``)
      expect(JSON.stringify(settings)).not.toMatch(/AccountKey|SharedAccess|listKeys|@Microsoft/)
    }
    expect(local).toContain(`"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "${hostLimits.bodyOctets}"`)
    expect(JSON.stringify(resourceOf(plain, 'Microsoft.Web/sites', 'enroll'))).toContain(
      `"${hostLimits.bodyOctets}"`,
    )
  })
})
