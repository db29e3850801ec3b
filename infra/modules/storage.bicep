// Four storage accounts, because a role on an account counts for every table in it, and Azure has no conditions for tables:
// - configuration: tenants, authorities, relying parties. Roles on single tables: these have fixed names.
// - records: ledger and refusals, a table a day. Roles on the account: whoever adds to one may add to all, and here there is nothing else.
// - one for each app's host and package: whoever can write an app's package is that app.

@description('Prefix of resource names.')
@minLength(3)
@maxLength(8)
param name string

@description('What makes names unique in Azure.')
param suffix string

@description('Region of the accounts.')
param location string

@description('Tags of the accounts.')
param tags { *: string }

@description('Copies of configuration and records.')
param dataRedundancy string

@description('Whether configuration and records are encrypted a second time.')
param infrastructureEncryption bool

@description('Object id of the enrolling identity.')
param enrollPrincipalId string

@description('Object id of the housekeeping identity.')
param housekeepingPrincipalId string

@description('Object id of who administers tenants and authorities; empty: nobody.')
param administratorPrincipalId string

@description('What administratorPrincipalId is.')
param administratorPrincipalType string

@description('Addresses that administrators come from, none of them as /31 or /32.')
param administratorAddresses string[]

@description('Whether the accounts are reached by private endpoints.')
param privateNetwork bool

@description('Whether configuration and records are locked against deletion.')
param locks bool

@description('Workspace of the log of changes.')
param workspaceId string

// Who may come from where; identity decides what they may do.
var dataNetwork = {
  bypass: 'None'
  defaultAction: privateNetwork ? 'Deny' : 'Allow'
  ipRules: map(privateNetwork ? administratorAddresses : [], address => { value: address, action: 'Allow' })
}

resource configuration 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: '${name}cfg${suffix}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: dataRedundancy }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork && empty(administratorAddresses) ? 'Disabled' : 'Enabled'
    networkAcls: dataNetwork
    encryption: { keySource: 'Microsoft.Storage', requireInfrastructureEncryption: infrastructureEncryption }
  }
}

resource records 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: '${name}rec${suffix}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: dataRedundancy }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork && empty(administratorAddresses) ? 'Disabled' : 'Enabled'
    networkAcls: dataNetwork
    encryption: { keySource: 'Microsoft.Storage', requireInfrastructureEncryption: infrastructureEncryption }
  }
}

resource enrollHost 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: '${name}eh${suffix}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'None', defaultAction: privateNetwork ? 'Deny' : 'Allow' }
  }
}

resource housekeepingHost 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: '${name}hh${suffix}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'None', defaultAction: privateNetwork ? 'Deny' : 'Allow' }
  }
}

resource enrollBlobs 'Microsoft.Storage/storageAccounts/blobServices@2026-06-01' = {
  parent: enrollHost
  name: 'default'
}

resource enrollPackage 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-06-01' = {
  parent: enrollBlobs
  name: 'package'
  properties: { publicAccess: 'None' }
}

resource housekeepingBlobs 'Microsoft.Storage/storageAccounts/blobServices@2026-06-01' = {
  parent: housekeepingHost
  name: 'default'
}

resource housekeepingPackage 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-06-01' = {
  parent: housekeepingBlobs
  name: 'package'
  properties: { publicAccess: 'None' }
}

resource configurationTables 'Microsoft.Storage/storageAccounts/tableServices@2026-06-01' = {
  parent: configuration
  name: 'default'
}

resource recordTables 'Microsoft.Storage/storageAccounts/tableServices@2026-06-01' = {
  parent: records
  name: 'default'
}

resource tenants 'Microsoft.Storage/storageAccounts/tableServices/tables@2026-06-01' = {
  parent: configurationTables
  name: 'tenants'
}

resource authorities 'Microsoft.Storage/storageAccounts/tableServices/tables@2026-06-01' = {
  parent: configurationTables
  name: 'authorities'
}

resource relyingParties 'Microsoft.Storage/storageAccounts/tableServices/tables@2026-06-01' = {
  parent: configurationTables
  name: 'relyingParties'
}

resource configurationReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'configuration reader')
  properties: {
    roleName: 'Mayfly configuration reader ${suffix}'
    description: 'Reads rows.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        dataActions: ['Microsoft.Storage/storageAccounts/tableServices/tables/entities/read']
      }
    ]
  }
}

// A relying party is listed and taken off the list by administrators; the app only notes what one installed.
resource adoptionRecorder 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'adoption recorder')
  properties: {
    roleName: 'Mayfly adoption recorder ${suffix}'
    description: 'Reads and updates rows; adds and deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/update/action'
        ]
      }
    ]
  }
}

// What was recorded stays as it was recorded: there is no update and no delete.
resource recorder 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'recorder')
  properties: {
    roleName: 'Mayfly recorder ${suffix}'
    description: 'Reads and adds rows; changes and deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action'
        ]
      }
    ]
  }
}

// Whole tables come and go; what is in them, it cannot even read.
resource tableKeeper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'table keeper')
  properties: {
    roleName: 'Mayfly table keeper ${suffix}'
    description: 'Creates, lists and drops tables; reads no row.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/write'
          'Microsoft.Storage/storageAccounts/tableServices/tables/delete'
        ]
        dataActions: []
      }
    ]
  }
}

resource configurationAdministrator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'configuration administrator')
  properties: {
    roleName: 'Mayfly configuration administrator ${suffix}'
    description: 'Changes tenants, authorities, deny lists and relying parties; drops no table.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/write'
        ]
        dataActions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/update/action'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/delete'
        ]
      }
    ]
  }
}

// Searches, exports and prunes. Rows it can neither add nor change: the ledger holds against administrators, too.
resource recordsAdministrator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'records administrator')
  properties: {
    roleName: 'Mayfly records administrator ${suffix}'
    description: 'Reads rows; creates and drops tables; changes no row.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/write'
          'Microsoft.Storage/storageAccounts/tableServices/tables/delete'
        ]
        dataActions: ['Microsoft.Storage/storageAccounts/tableServices/tables/entities/read']
      }
    ]
  }
}

resource enrollReadsTenants 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(tenants.id, enrollPrincipalId, configurationReader.id)
  scope: tenants
  properties: {
    principalId: enrollPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', configurationReader.name)
  }
}

resource enrollReadsAuthorities 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(authorities.id, enrollPrincipalId, configurationReader.id)
  scope: authorities
  properties: {
    principalId: enrollPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', configurationReader.name)
  }
}

resource enrollRecordsAdoptions 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(relyingParties.id, enrollPrincipalId, adoptionRecorder.id)
  scope: relyingParties
  properties: {
    principalId: enrollPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', adoptionRecorder.name)
  }
}

resource enrollRecords 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(records.id, enrollPrincipalId, recorder.id)
  scope: records
  properties: {
    principalId: enrollPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', recorder.name)
  }
}

resource housekeepingKeepsTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(records.id, housekeepingPrincipalId, tableKeeper.id)
  scope: records
  properties: {
    principalId: housekeepingPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableKeeper.name)
  }
}

resource administratorConfigures 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(administratorPrincipalId)) {
  name: guid(configuration.id, administratorPrincipalId, configurationAdministrator.id)
  scope: configuration
  properties: {
    principalId: administratorPrincipalId
    principalType: administratorPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', configurationAdministrator.name)
  }
}

resource administratorKeepsRecords 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(administratorPrincipalId)) {
  name: guid(records.id, administratorPrincipalId, recordsAdministrator.id)
  scope: records
  properties: {
    principalId: administratorPrincipalId
    principalType: administratorPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', recordsAdministrator.name)
  }
}

// Storage Blob Data Owner: what the Functions host asks for on its own account (leases of the timer, keys of the host, package).
var blobOwner = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
)

resource enrollHosts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(enrollHost.id, enrollPrincipalId, blobOwner)
  scope: enrollHost
  properties: {
    principalId: enrollPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobOwner
  }
}

resource housekeepingHosts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(housekeepingHost.id, housekeepingPrincipalId, blobOwner)
  scope: housekeepingHost
  properties: {
    principalId: housekeepingPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobOwner
  }
}

// A lock keeps the account; daily tables still come and go.
resource configurationLock 'Microsoft.Authorization/locks@2020-05-01' = if (locks) {
  name: 'keep'
  scope: configuration
  properties: {
    level: 'CanNotDelete'
    notes: 'Tenants, policies, deny lists, authorities and their history.'
  }
}

resource recordsLock 'Microsoft.Authorization/locks@2020-05-01' = if (locks) {
  name: 'keep'
  scope: records
  properties: {
    level: 'CanNotDelete'
    notes: 'The record of what was issued and refused, and what keeps a token from being spent twice.'
  }
}

// Of no other version are log categories by resource: the one that came out of preview, 2016-09-01, has none of its fields.
#disable-next-line use-recent-api-versions
resource configurationLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'changes'
  scope: configurationTables
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

// Writes are not logged: the ledger is their log, at a line a certificate.
// Of no other version are log categories by resource: the one that came out of preview, 2016-09-01, has none of its fields.
#disable-next-line use-recent-api-versions
resource recordsLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'changes'
  scope: recordTables
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageDelete', enabled: true }]
  }
}

@description('Resource id of the account of configuration.')
output configurationId string = configuration.id

@description('Resource id of the account of records.')
output recordsId string = records.id

@description('Resource id of the account of the enrolling host.')
output enrollHostId string = enrollHost.id

@description('Resource id of the account of the housekeeping host.')
output housekeepingHostId string = housekeepingHost.id

@description('Endpoint of tenants, authorities and relying parties.')
output configurationEndpoint string = configuration.properties.primaryEndpoints.table

@description('Endpoint of ledger and refusals.')
output recordsEndpoint string = records.properties.primaryEndpoints.table

@description('Account of the enrolling host.')
output enrollHostName string = enrollHost.name

@description('Account of the housekeeping host.')
output housekeepingHostName string = housekeepingHost.name
