import { keyType } from 'parts/vault.bicep' // fault: BCP360

param keys keyType[] = [] // fault: BCP302

output count int = length(keys)
