module vault 'parts/vault.bicep' = {
  params: {
    name: 'vault'
    sku: 'premium' // fault: BCP037
  }
}
