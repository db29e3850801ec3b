// One function app on Flex Consumption. Nothing in its settings is a secret: it proves by its identity who it is, everywhere.

import { identityType } from 'identities.bicep'

@description('Name of the app; unique in Azure.')
param name string

@description('Region of the app.')
param location string

@description('Tags of the app.')
param tags { *: string }

@description('Version of Node.js.')
param nodeVersion string

@description('Who the app is.')
param identity identityType

@description('Storage account of its host and its package.')
param hostName string

@description('Where telemetry is sent.')
param telemetryConnectionString string

@description('Workspace of the logs.')
param workspaceId string

@description('Subnet that it sends from; null without a virtual network.')
param subnetId string?

@description('Whether instances are spread over availability zones.')
param zoneRedundant bool

@description('Memory of one instance, in MB.')
param instanceMemory int

@description('Instances at most.')
param maximumInstances int

@description('Instances that are kept warm, by the triggers they serve.')
param alwaysReady { name: string, instanceCount: int }[]

@description('Concurrency by kind of trigger; empty where the platform chooses.')
param triggers { http: { perInstanceConcurrency: int }? } = {}

@description('Settings of this app alone.')
param settings { *: string }

// FUNCTIONS_WORKER_RUNTIME and its like are not for Flex Consumption: functionAppConfig says it.
var commonSettings = {
  AzureWebJobsStorage__accountName: hostName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.clientId
  AzureWebJobsDisableHomepage: 'true'
  // The platform's own limit is 100 MB, and it reads a body before the app sees the request.
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '65536'
  APPLICATIONINSIGHTS_CONNECTION_STRING: telemetryConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
  AZURE_CLIENT_ID: identity.clientId
}

resource host 'Microsoft.Storage/storageAccounts@2026-06-01' existing = {
  name: hostName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // Clients prove who they are by tokens. A certificate of theirs would be asked for without being verified by the platform.
    clientCertEnabled: false
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${host.properties.primaryEndpoints.blob}package'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemory
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReady
        triggers: triggers
      }
      // Documented, and not among the published types: old and new instances overlap, so that no request meets none.
      #disable-next-line BCP037
      siteUpdateStrategy: { type: 'RollingUpdate' }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      // Also where no function answers: the platform learns at this address what triggers there are, and the timer would never run.
      ipSecurityRestrictionsDefaultAction: 'Allow'
      // Packages come in here, with Entra tokens alone.
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      scmIpSecurityRestrictionsUseMain: false
      appSettings: [
        for setting in items(union(commonSettings, settings)): {
          name: setting.key
          value: setting.value
        }
      ]
    }
  }
}

resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noDeploymentPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

// Of no other version are log categories by resource: the one that came out of preview, 2016-09-01, has none of its fields.
#disable-next-line use-recent-api-versions
resource appLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'lines'
  scope: app
  properties: {
    workspaceId: workspaceId
    // Every line, where Application Insights may sample them: reconciling the key log needs all.
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
  }
}

@description('Host name of the app.')
output hostName string = app.properties.defaultHostName
