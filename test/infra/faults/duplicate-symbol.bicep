resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: 'vault'
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }

  }
}

var vault = 'vault' // fault: BCP028

output name string = vault.name
