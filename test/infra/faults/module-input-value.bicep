module vault 'parts/vault.bicep' = {
  params: {
    name: 'vault'
    tier: 'gold' // fault: BCP036
  }
}
