/**
 * The resource types that infra/ may use, and the API version it uses of each. A version is raised here first, after its
 * changes were read; the check refuses any other.
 */
export const resourceTypes = {
  'Microsoft.Authorization/locks': '2020-05-01',
  'Microsoft.Authorization/roleAssignments': '2022-04-01',
  'Microsoft.Authorization/roleDefinitions': '2022-04-01',
  'Microsoft.Insights/actionGroups': '2023-01-01',
  'Microsoft.Insights/components': '2020-02-02',
  'Microsoft.Insights/diagnosticSettings': '2021-05-01-preview',
  'Microsoft.Insights/metricAlerts': '2018-03-01',
  'Microsoft.Insights/scheduledQueryRules': '2023-12-01',
  'Microsoft.KeyVault/vaults': '2026-02-01',
  'Microsoft.ManagedIdentity/userAssignedIdentities': '2024-11-30',
  'Microsoft.Network/privateDnsZones': '2024-06-01',
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': '2024-06-01',
  'Microsoft.Network/privateEndpoints': '2024-07-01',
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': '2024-07-01',
  'Microsoft.Network/trafficmanagerprofiles': '2022-04-01',
  'Microsoft.Network/trafficmanagerprofiles/ExternalEndpoints': '2022-04-01',
  'Microsoft.Network/virtualNetworks': '2024-07-01',
  'Microsoft.OperationalInsights/workspaces': '2026-03-01',
  'Microsoft.Storage/storageAccounts': '2026-04-01',
  'Microsoft.Storage/storageAccounts/blobServices': '2026-04-01',
  'Microsoft.Storage/storageAccounts/blobServices/containers': '2026-04-01',
  'Microsoft.Storage/storageAccounts/tableServices': '2026-04-01',
  'Microsoft.Storage/storageAccounts/tableServices/tables': '2026-04-01',
  'Microsoft.Web/serverfarms': '2025-03-01',
  'Microsoft.Web/sites': '2025-03-01',
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': '2025-03-01',
} as const satisfies Readonly<Record<string, string>>
