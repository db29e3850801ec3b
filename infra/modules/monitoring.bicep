// Where logs, spans and metrics go. Senders are identities: no key is accepted.

@description('Prefix of resource names.')
param name string

@description('Region of the workspace.')
param location string

@description('Tags of the resources.')
param tags { *: string }

@description('Days that logs and metrics are kept.')
param logRetentionDays int

@description('Object id of the enrolling identity.')
param enrollPrincipalId string

@description('Object id of the housekeeping identity.')
param housekeepingPrincipalId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' = {
  name: '${name}-logs'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logRetentionDays
    features: {
      disableLocalAuth: true
      // Whoever may read a resource may read its logs; nobody needs the whole workspace.
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: '${name}-insights'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The connection string then only says where to: nobody can send by knowing it.
    DisableLocalAuth: true
  }
}

// Monitoring Metrics Publisher: may add telemetry, may read none.
var metricsPublisher = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '3913510d-42f4-4e42-8a64-420c390055eb'
)

resource enrollPublishes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, enrollPrincipalId, metricsPublisher)
  scope: component
  properties: {
    principalId: enrollPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: metricsPublisher
  }
}

resource housekeepingPublishes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, housekeepingPrincipalId, metricsPublisher)
  scope: component
  properties: {
    principalId: housekeepingPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: metricsPublisher
  }
}

@description('Workspace of all logs.')
output workspaceId string = workspace.id

@description('Application Insights.')
output componentId string = component.id

@description('Where telemetry is sent. No secret: senders prove who they are.')
output telemetryConnectionString string = component.properties.ConnectionString
