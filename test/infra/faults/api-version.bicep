resource vault 'Microsoft.KeyVault/vaults@2015-06-01' = { // fault: BCP081
  name: 'vault'
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }

  }
}
