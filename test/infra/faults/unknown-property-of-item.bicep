resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: 'vault'
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }
    networkAcls: { defaultAction: 'Deny', ipRules: [{ address: '192.0.2.1', value: '192.0.2.1' }] } // fault: BCP037
  }
}
