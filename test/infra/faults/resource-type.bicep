resource vault 'Microsoft.KeyVault/vault@2026-02-01' = { // fault: BCP081
  name: 'vault'
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }

  }
}
