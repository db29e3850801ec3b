module vault 'parts/vault.bicep' = {
  params: {
    name: 'vault'
    keys: [{ name: 'issuer' }, { purpose: 'roots' }] // fault: BCP035
  }
}
