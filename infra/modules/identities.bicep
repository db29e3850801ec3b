// The two identities. Whoever takes over one app gets what is granted to that app's identity, and no more.

@description('Prefix of resource names.')
param name string

@description('Region of the identities.')
param location string

@description('Tags of the identities.')
param tags { *: string }

@export()
@description('An identity, as an app and a role assignment need it.')
type identityType = {
  @description('Resource id.')
  id: string
  @description('Object id, which roles are assigned to.')
  principalId: string
  @description('Client id, which an app asks for tokens by.')
  clientId: string
}

resource enroll 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-enroll'
  location: location
  tags: tags
}

resource housekeeping 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-housekeeping'
  location: location
  tags: tags
}

@description('Reads configuration, adds ledger rows, signs with issuer keys.')
output enroll identityType = {
  id: enroll.id
  principalId: enroll.properties.principalId
  clientId: enroll.properties.clientId
}

@description('Creates and drops daily tables.')
output housekeeping identityType = {
  id: housekeeping.id
  principalId: housekeeping.properties.principalId
  clientId: housekeeping.properties.clientId
}
