module vault 'parts/vault.bicep' = {
  params: { name: 'vault' }
}

output url int = vault.outputs.url // fault: BCP036
