var accounts = [{ name: 'one' }]

resource locks 'Microsoft.Authorization/locks@2020-05-01' = [
  for account in accounts: {
    name: acount.name // fault: BCP057
    properties: { level: 'CanNotDelete' }
  }
]
