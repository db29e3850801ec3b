@description('Name of the vault.')
param name string

@description('Its tier.')
@allowed(['standard', 'premium'])
param tier string = 'premium'

@export()
@description('A name and what it is for.')
type nameType = { name: string, purpose: string? }

@description('Names of keys.')
param keys nameType[] = []

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: name
  location: resourceGroup().location
  tags: { keys: string(length(keys)) }
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: tier }
  }
}

@description('URL of the vault.')
output url string = vault.properties.vaultUri
