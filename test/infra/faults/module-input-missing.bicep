module vault 'parts/vault.bicep' = {
  params: { tier: 'premium' } // fault: BCP035
}
