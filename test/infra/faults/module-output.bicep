module vault 'parts/vault.bicep' = {
  params: { name: 'vault' }
}

output url string = vault.outputs.uri // fault: BCP053
