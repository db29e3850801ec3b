import { nameType } from 'parts/vault.bicep' // fault: no-unused-imports
