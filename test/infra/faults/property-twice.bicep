resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: 'vault'
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }
    softDeleteRetentionInDays: 90
    softDeleteRetentionInDays: 7 // fault: BCP025
  }
}
