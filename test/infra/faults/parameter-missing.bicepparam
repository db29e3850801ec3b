using 'parts/vault.bicep' // fault: BCP035

param tier = 'standard'
