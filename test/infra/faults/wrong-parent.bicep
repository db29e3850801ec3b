resource account 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: 'account'
}

resource tenants 'Microsoft.Storage/storageAccounts/tableServices/tables@2026-04-01' = { // fault: BCP169
  parent: account
  name: 'tenants'
}
