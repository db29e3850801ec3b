// Off by default. A virtual network for the apps, and private endpoints for what they reach.

@description('Prefix of resource names.')
param name string

@description('Region of the network.')
param location string

@description('Tags of the resources.')
param tags { *: string }

@description('Address space of the network, at least a /24.')
param addressSpace string

@description('Vaults, by what they hold.')
param vaults { *: string }

@description('Storage accounts whose tables are reached.')
param tables { *: string }

@description('Storage accounts whose blobs are reached.')
param blobs { *: string }

var vaultTargets = map(items(vaults), one => { name: 'vault-${one.key}', id: one.value, group: 'vault' })
var tableTargets = map(items(tables), one => { name: 'table-${one.key}', id: one.value, group: 'table' })
var blobTargets = map(items(blobs), one => { name: 'blob-${one.key}', id: one.value, group: 'blob' })
var targets = concat(vaultTargets, tableTargets, blobTargets)

var zoneNames = {
  vault: 'privatelink.vaultcore.azure.net'
  table: 'privatelink.table.${environment().suffixes.storage}'
  blob: 'privatelink.blob.${environment().suffixes.storage}'
}

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: '${name}-network'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressSpace] }
    subnets: [
      // Each app has its own, so that a firewall can tell them apart.
      {
        name: 'enroll'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 0)
          delegations: [{ name: 'apps', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'housekeeping'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 1)
          delegations: [{ name: 'apps', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(addressSpace, 26, 2) }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in items(zoneNames): {
    name: zone.value
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in items(zoneNames): {
    parent: zones[index]
    name: '${name}-link'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2026-03-01' = [
  for target in targets: {
    name: '${name}-${target.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: '${network.id}/subnets/endpoints' }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: { privateLinkServiceId: target.id, groupIds: [target.group] }
        }
      ]
    }
  }
]

resource endpointNames 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2026-03-01' = [
  for (target, index) in targets: {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: target.group
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zoneNames[target.group]) }
        }
      ]
    }
    dependsOn: [zones]
  }
]

@description('Subnet of the enrolling app.')
output enrollSubnetId string = '${network.id}/subnets/enroll'

@description('Subnet of the housekeeping app.')
output housekeepingSubnetId string = '${network.id}/subnets/housekeeping'
