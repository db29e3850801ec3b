import { describe, expect, it } from 'vitest'
import { bodyOf, partOf, propertyOf } from '../../tools/bicep/syntax.ts'
import { propertiesOf, type Resource, resourcesOf, written } from './infra.ts'

const value = (resource: Resource, ...path: readonly string[]): string =>
  written(partOf(propertiesOf(resource), ...path))

/** What a resource says of each path. */
const saidBy = (resource: Resource, paths: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(paths.map((path) => [path, value(resource, ...path.split('.'))]))

const scopesOf = (type: string): readonly string[] =>
  resourcesOf(type).map((resource) => written(propertyOf(bodyOf(resource.value), 'scope')))

describe('the vaults', () => {
  const vaults = resourcesOf('Microsoft.KeyVault/vaults')

  it('are two, premium, by roles, and keep what is deleted for 90 days', () => {
    const wanted = {
      'sku.name': 'premium',
      enableRbacAuthorization: 'true',
      enableSoftDelete: 'true',
      enablePurgeProtection: 'true',
      softDeleteRetentionInDays: '90',
      'networkAcls.bypass': 'None',
    }
    expect(vaults.map(({ name }) => name)).toEqual(['issuerVault', 'rootVault'])
    for (const vault of vaults) expect(saidBy(vault, Object.keys(wanted))).toEqual(wanted)
  })

  it('hold no key of a template, which would never look at it again', () => {
    expect(resourcesOf('Microsoft.KeyVault/vaults/keys')).toEqual([])
  })
})

describe('the storage accounts', () => {
  const accounts = resourcesOf('Microsoft.Storage/storageAccounts')

  it('take no shared key, nothing below TLS 1.2, and have nothing public', () => {
    const wanted = {
      allowSharedKeyAccess: 'false',
      defaultToOAuthAuthentication: 'true',
      allowBlobPublicAccess: 'false',
      allowCrossTenantReplication: 'false',
      minimumTlsVersion: 'TLS1_2',
      supportsHttpsTrafficOnly: 'true',
    }
    expect(accounts.map(({ name }) => name)).toEqual([
      'configuration',
      'records',
      'enrollHost',
      'housekeepingHost',
    ])
    for (const account of accounts) expect(saidBy(account, Object.keys(wanted))).toEqual(wanted)
  })

  it('keep packages where nobody reads them unasked', () => {
    const containers = resourcesOf('Microsoft.Storage/storageAccounts/blobServices/containers')
    expect(containers.map((container) => value(container, 'publicAccess'))).toEqual(['None', 'None'])
  })
})

describe('the function apps', () => {
  it('speak https from TLS 1.2 on, and take no password', () => {
    const [app, ...others] = resourcesOf('Microsoft.Web/sites')
    const wanted = {
      httpsOnly: 'true',
      clientCertEnabled: 'false',
      clientCertExclusionPaths: 'absent',
      'siteConfig.minTlsVersion': '1.2',
      'siteConfig.scmMinTlsVersion': '1.2',
      'siteConfig.ftpsState': 'Disabled',
      'siteConfig.http20Enabled': 'true',
      'siteConfig.linuxFxVersion': 'absent',
      'functionAppConfig.deployment.storage.authentication.type': 'UserAssignedIdentity',
    }
    expect(others).toEqual([])
    expect(app && saidBy(app, Object.keys(wanted))).toEqual(wanted)
    const policies = resourcesOf('Microsoft.Web/sites/basicPublishingCredentialsPolicies')
    expect(
      policies.map((policy) => [written(propertyOf(bodyOf(policy.value), 'name')), value(policy, 'allow')]),
    ).toEqual([
      ['ftp', 'false'],
      ['scm', 'false'],
    ])
  })
})

describe('logs and telemetry', () => {
  it('are taken from identities alone', () => {
    const [component] = resourcesOf('Microsoft.Insights/components')
    const [workspace] = resourcesOf('Microsoft.OperationalInsights/workspaces')
    expect(component && value(component, 'DisableLocalAuth')).toBe('true')
    expect(workspace && value(workspace, 'features', 'disableLocalAuth')).toBe('true')
  })

  it('are kept of both vaults, both apps, and every change of configuration', () => {
    const kept = resourcesOf('Microsoft.Insights/diagnosticSettings').map((setting) => [
      written(propertyOf(bodyOf(setting.value), 'scope')),
      [...value(setting, 'logs').matchAll(/category: (\w+), enabled: true/g)]
        .map(([, category]) => category)
        .join(' '),
    ])
    expect(Object.fromEntries(kept)).toEqual({
      issuerVault: 'AuditEvent',
      rootVault: 'AuditEvent',
      app: 'FunctionAppLogs',
      configurationTables: 'StorageWrite StorageDelete',
      recordTables: 'StorageDelete',
    })
  })
})

it('locks keep vaults and data from deletion', () => {
  const locks = resourcesOf('Microsoft.Authorization/locks')
  expect(scopesOf('Microsoft.Authorization/locks').toSorted()).toEqual([
    'configuration',
    'issuerVault',
    'records',
    'rootVault',
  ])
  expect(locks.map((lock) => value(lock, 'level'))).toEqual(locks.map(() => 'CanNotDelete'))
})
