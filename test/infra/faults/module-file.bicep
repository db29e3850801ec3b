module vault 'parts/vaults.bicep' = { // fault: BCP091
  params: { name: 'vault' }
}
