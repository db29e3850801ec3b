using 'parts/vault.bicep'

param name = 'vault'
param teir = 'standard' // fault: BCP037
