// Issuer keys and root keys, in vaults of their own, and who may use them.
// The CLI makes the keys (EC-HSM, sign only, not exportable): a template would make a key once and never look at it again.

@description('Prefix of resource names.')
@minLength(3)
@maxLength(8)
param name string

@description('What makes names unique in Azure.')
param suffix string

@description('Region of the vaults.')
param location string

@description('Tags of the vaults.')
param tags { *: string }

@description('Object id of the enrolling identity.')
param enrollPrincipalId string

@description('Object id of who administers keys; empty: nobody.')
param administratorPrincipalId string

@description('What administratorPrincipalId is.')
param administratorPrincipalType string

@description('Addresses that administrators come from, none of them as /31 or /32.')
param administratorAddresses string[]

@description('Whether the issuer vault is reached by private endpoints.')
param privateNetwork bool

@description('Whether the vaults are locked against deletion.')
param locks bool

@description('Workspace of the key log.')
param workspaceId string

var administratorRules = map(administratorAddresses, address => { value: address })

// Instances have no address of their own: without private endpoints, identity alone keeps others out of the issuer vault.
var issuerAccess = !privateNetwork ? 'everywhere' : empty(administratorAddresses) ? 'nowhere' : 'listed'
// No app needs the root vault, so the addresses apply with or without private endpoints.
var rootAccess = !empty(administratorAddresses) ? 'listed' : privateNetwork ? 'nowhere' : 'everywhere'

resource issuerVault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: '${name}-i-${suffix}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: issuerAccess == 'nowhere' ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: issuerAccess == 'everywhere' ? 'Allow' : 'Deny'
      ipRules: administratorRules
    }
  }
}

resource rootVault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: '${name}-r-${suffix}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: rootAccess == 'nowhere' ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: rootAccess == 'everywhere' ? 'Allow' : 'Deny'
      ipRules: administratorRules
    }
  }
}

// Crypto User may also back keys up, which takes them elsewhere: this is what signing takes, and nothing else.
resource issuerSigner 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'issuer signer')
  properties: {
    roleName: 'Mayfly issuer signer ${suffix}'
    description: 'Reads public keys and signs.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/keys/read'
          'Microsoft.KeyVault/vaults/keys/sign/action'
        ]
      }
    ]
  }
}

// Makes and stops keys, and signs issuers, bundles and requests with them. It can neither delete nor copy one.
resource keyAdministrator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'key administrator')
  properties: {
    roleName: 'Mayfly key administrator ${suffix}'
    description: 'Creates, disables and signs with keys; deletes and exports none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/keys/read'
          'Microsoft.KeyVault/vaults/keys/create/action'
          'Microsoft.KeyVault/vaults/keys/update/action'
          'Microsoft.KeyVault/vaults/keys/sign/action'
        ]
      }
    ]
  }
}

resource enrollSigns 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(issuerVault.id, enrollPrincipalId, issuerSigner.id)
  scope: issuerVault
  properties: {
    principalId: enrollPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', issuerSigner.name)
  }
}

resource administratorKeepsIssuerKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(administratorPrincipalId)) {
  name: guid(issuerVault.id, administratorPrincipalId, keyAdministrator.id)
  scope: issuerVault
  properties: {
    principalId: administratorPrincipalId
    principalType: administratorPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyAdministrator.name)
  }
}

resource administratorKeepsRootKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(administratorPrincipalId)) {
  name: guid(rootVault.id, administratorPrincipalId, keyAdministrator.id)
  scope: rootVault
  properties: {
    principalId: administratorPrincipalId
    principalType: administratorPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyAdministrator.name)
  }
}

resource issuerVaultLock 'Microsoft.Authorization/locks@2020-05-01' = if (locks) {
  name: 'keep'
  scope: issuerVault
  properties: {
    level: 'CanNotDelete'
    notes: 'Without its issuer keys the service issues nothing.'
  }
}

resource rootVaultLock 'Microsoft.Authorization/locks@2020-05-01' = if (locks) {
  name: 'keep'
  scope: rootVault
  properties: {
    level: 'CanNotDelete'
    notes: 'Without its root keys no issuer and no bundle can be made, and every VPN server has to be told a new root.'
  }
}

// Dedicated tables: AZKVAuditLogs, which mayfly ledger reconcile reads.
// Of no other version are log categories by resource: the one that came out of preview, 2016-09-01, has none of its fields.
#disable-next-line use-recent-api-versions
resource issuerVaultLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: issuerVault
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'AuditEvent', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

// Of no other version are log categories by resource: the one that came out of preview, 2016-09-01, has none of its fields.
#disable-next-line use-recent-api-versions
resource rootVaultLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: rootVault
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'AuditEvent', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Resource id of the issuer vault.')
output issuerVaultId string = issuerVault.id

@description('Resource id of the root vault.')
output rootVaultId string = rootVault.id

@description('URL of the issuer vault.')
output issuerVaultUrl string = issuerVault.properties.vaultUri

@description('URL of the root vault.')
output rootVaultUrl string = rootVault.properties.vaultUri
