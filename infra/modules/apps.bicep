// The two function apps: one package, two roles, two identities.

import { identityType } from 'identities.bicep'

@description('Prefix of resource names.')
param name string

@description('What makes names unique in Azure.')
param suffix string

@description('Region of the apps.')
param location string

@description('Tags of the resources.')
param tags { *: string }

@description('Version of Node.js.')
param nodeVersion string

@description('Memory of one enrolling instance, in MB.')
param instanceMemory int

@description('Enrolling instances at most.')
param maximumInstances int

@description('Enrolling instances that are kept warm.')
param alwaysReadyInstances int

@description('Requests that one enrolling instance works on at a time.')
param instanceConcurrency int

@description('Whether instances are spread over availability zones.')
param zoneRedundant bool

@description('Days that ledger and refusals are kept.')
param retentionDays int

@description('Identity of the enrolling app.')
param enrollIdentity identityType

@description('Identity of the housekeeping app.')
param housekeepingIdentity identityType

@description('Storage account of the enrolling host.')
param enrollHostName string

@description('Storage account of the housekeeping host.')
param housekeepingHostName string

@description('Endpoint of tenants, authorities and relying parties.')
param configurationEndpoint string

@description('Endpoint of ledger and refusals.')
param recordsEndpoint string

@description('Where telemetry is sent.')
param telemetryConnectionString string

@description('Workspace of the logs.')
param workspaceId string

@description('Subnet of the enrolling app; null without a virtual network.')
param enrollSubnetId string?

@description('Subnet of the housekeeping app; null without a virtual network.')
param housekeepingSubnetId string?

// Where Microsoft Graph is, by the cloud that is deployed into.
var graphOrigins = {
  AzureCloud: 'https://graph.microsoft.com'
  AzureUSGovernment: 'https://graph.microsoft.us'
  AzureChinaCloud: 'https://microsoftgraph.chinacloudapi.cn'
}

module enroll 'functionApp.bicep' = {
  params: {
    name: '${name}-enroll-${suffix}'
    location: location
    tags: union(tags, { 'azd-service-name': 'enroll' })
    nodeVersion: nodeVersion
    identity: enrollIdentity
    hostName: enrollHostName
    telemetryConnectionString: telemetryConnectionString
    workspaceId: workspaceId
    subnetId: enrollSubnetId
    zoneRedundant: zoneRedundant
    instanceMemory: instanceMemory
    maximumInstances: maximumInstances
    alwaysReady: alwaysReadyInstances == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyInstances }]
    triggers: { http: { perInstanceConcurrency: instanceConcurrency } }
    settings: {
      MAYFLY_ROLE: 'enroll'
      MAYFLY_TABLES_ENDPOINT: configurationEndpoint
      MAYFLY_RECORDS_ENDPOINT: recordsEndpoint
      MAYFLY_TELEMETRY: 'azure'
      // The front end of the platform writes it, and nothing else is in front of the app.
      MAYFLY_CLIENT_IP: 'x-forwarded-for'
      // Asked for no tenant that does not want it; may be read only once somebody grants it, see infra/graph.
      MAYFLY_DIRECTORY_ID: tenant().tenantId
      MAYFLY_GRAPH_ORIGIN: graphOrigins[environment().name]
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true'
    }
  }
}

// It has a timer and nothing that answers requests, on the smallest instance there is. The tables it keeps are all that it is told of.
module housekeeping 'functionApp.bicep' = {
  params: {
    name: '${name}-keep-${suffix}'
    location: location
    tags: union(tags, { 'azd-service-name': 'housekeeping' })
    nodeVersion: nodeVersion
    identity: housekeepingIdentity
    hostName: housekeepingHostName
    telemetryConnectionString: telemetryConnectionString
    workspaceId: workspaceId
    subnetId: housekeepingSubnetId
    zoneRedundant: false
    instanceMemory: 512
    maximumInstances: 40
    alwaysReady: []
    settings: {
      MAYFLY_ROLE: 'housekeeping'
      MAYFLY_TABLES_ENDPOINT: recordsEndpoint
      MAYFLY_RETENTION_DAYS: string(retentionDays)
    }
  }
}

@description('Where clients enroll.')
output serviceUrl string = 'https://${enroll.outputs.hostName}'
