module vault 'parts/vault.bicep' = {
  params: {
    name: 4 // fault: BCP036
  }
}
