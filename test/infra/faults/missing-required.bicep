resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: 'vault'
  location: 'westeurope'
  properties: { // fault: BCP035
    sku: { family: 'A', name: 'premium' }

  }
}
