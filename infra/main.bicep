// One Mayfly deployment in one resource group: `azd up`, or
//   az deployment group create --resource-group <group> --template-file infra/main.bicep --parameters infra/main.bicepparam
// Who may do what is in modules/vaults.bicep, modules/storage.bicep and modules/monitoring.bicep, beside what it is about.
targetScope = 'resourceGroup'

import { trafficManagerType } from 'modules/trafficManager.bicep'

@description('Prefix of every resource name: lower-case letters and digits.')
@minLength(3)
@maxLength(8)
param name string = 'mayfly'

@description('Region of everything but the Traffic Manager profile. Flex Consumption has to be offered there.')
param location string = resourceGroup().location

@description('Tags of every resource.')
param tags { *: string } = {}

@description('Object id of the user, group or service principal that runs the mayfly CLI. Empty: nobody is given anything.')
param administratorPrincipalId string = ''

@description('What administratorPrincipalId is. A group outlives the people in it.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param administratorPrincipalType string = 'User'

@description('Addresses of administrators, as IPv4 or CIDR. With any, the root vault refuses all others; with privateNetwork, so does the rest.')
param administratorAddresses string[] = []

@description('E-mail addresses that alerts are sent to. Without any, alerts show in the portal alone.')
param alertEmails string[] = []

@description('Version of Node.js that the apps run on.')
@allowed(['22', '24'])
param nodeVersion string = '24'

@description('Memory of one enrolling instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('Enrolling instances at most.')
@minValue(40)
@maxValue(1000)
param maximumInstances int = 100

@description('Enrolling instances that are kept warm and paid for around the clock; 0 pays for none and starts cold.')
@minValue(0)
@maxValue(100)
param alwaysReadyInstances int = 0

@description('Requests that one enrolling instance is given at a time. It takes 64 and answers 503 to more: with fewer, one tenant could fill the queue of the platform, which nobody shares out.')
@minValue(64)
@maxValue(1000)
param instanceConcurrency int = 64

@description('Spreads instances over availability zones; wants at least 2 always-ready ones and a region that has zones.')
param zoneRedundant bool = false

@description('Days that ledger and refusals are kept; housekeeping drops older tables.')
@minValue(18)
@maxValue(3650)
param retentionDays int = 90

@description('Days that logs and metrics are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Copies of configuration and ledger: in the region, over its zones, or in a second region as well.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param dataRedundancy string = 'Standard_GRS'

@description('Encrypts the tables a second time beneath the storage service. It can be chosen only when they are created.')
param infrastructureEncryption bool = false

@description('Protects vaults and tables from deletion by a lock. `azd down` needs it removed first.')
param locks bool = true

@description('Closes vaults and storage to the internet: the apps reach them from a virtual network by private endpoints.')
param privateNetwork bool = false

@description('Address space of the virtual network, at least a /24. Of use with privateNetwork.')
param addressSpace string = '10.90.0.0/24'

@description('One name for several VPN servers, with fail-over between them. Nothing of Mayfly itself is behind it.')
param trafficManager trafficManagerType?

// Storage accounts refuse /31 and /32: such a range is its one address, or its two.
var administratorHosts = union(
  flatten(map(
    administratorAddresses,
    address =>
      endsWith(address, '/31') || endsWith(address, '/32')
        ? [parseCidr(address).network, parseCidr(address).broadcast]
        : [address]
  )),
  []
)

// The same group gives the same names, so that deploying again changes what is there.
var suffix = uniqueString(resourceGroup().id)

module identities 'modules/identities.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    logRetentionDays: logRetentionDays
    enrollPrincipalId: identities.outputs.enroll.principalId
    housekeepingPrincipalId: identities.outputs.housekeeping.principalId
  }
}

module vaults 'modules/vaults.bicep' = {
  params: {
    name: name
    suffix: suffix
    location: location
    tags: tags
    enrollPrincipalId: identities.outputs.enroll.principalId
    administratorPrincipalId: administratorPrincipalId
    administratorPrincipalType: administratorPrincipalType
    administratorAddresses: administratorHosts
    privateNetwork: privateNetwork
    locks: locks
    workspaceId: monitoring.outputs.workspaceId
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: name
    suffix: suffix
    location: location
    tags: tags
    dataRedundancy: dataRedundancy
    infrastructureEncryption: infrastructureEncryption
    enrollPrincipalId: identities.outputs.enroll.principalId
    housekeepingPrincipalId: identities.outputs.housekeeping.principalId
    administratorPrincipalId: administratorPrincipalId
    administratorPrincipalType: administratorPrincipalType
    administratorAddresses: administratorHosts
    privateNetwork: privateNetwork
    locks: locks
    workspaceId: monitoring.outputs.workspaceId
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  params: {
    name: name
    location: location
    tags: tags
    addressSpace: addressSpace
    vaults: {
      issuer: vaults.outputs.issuerVaultId
      root: vaults.outputs.rootVaultId
    }
    tables: {
      configuration: storage.outputs.configurationId
      records: storage.outputs.recordsId
    }
    blobs: {
      enroll: storage.outputs.enrollHostId
      housekeeping: storage.outputs.housekeepingHostId
    }
  }
}

module apps 'modules/apps.bicep' = {
  params: {
    name: name
    suffix: suffix
    location: location
    tags: tags
    nodeVersion: nodeVersion
    instanceMemory: instanceMemory
    maximumInstances: maximumInstances
    alwaysReadyInstances: alwaysReadyInstances
    instanceConcurrency: instanceConcurrency
    zoneRedundant: zoneRedundant
    retentionDays: retentionDays
    enrollIdentity: identities.outputs.enroll
    housekeepingIdentity: identities.outputs.housekeeping
    enrollHostName: storage.outputs.enrollHostName
    housekeepingHostName: storage.outputs.housekeepingHostName
    configurationEndpoint: storage.outputs.configurationEndpoint
    recordsEndpoint: storage.outputs.recordsEndpoint
    telemetryConnectionString: monitoring.outputs.telemetryConnectionString
    workspaceId: monitoring.outputs.workspaceId
    enrollSubnetId: network.?outputs.enrollSubnetId
    housekeepingSubnetId: network.?outputs.housekeepingSubnetId
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    alertEmails: alertEmails
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
    issuerVaultId: vaults.outputs.issuerVaultId
    rootVaultId: vaults.outputs.rootVaultId
    enrollClientId: identities.outputs.enroll.clientId
  }
}

module availability 'modules/availability.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    serviceUrl: apps.outputs.serviceUrl
    componentId: monitoring.outputs.componentId
    actionGroupIds: alerts.outputs.actionGroupIds
  }
}

module vpnServers 'modules/trafficManager.bicep' = if (trafficManager != null) {
  params: {
    name: name
    tags: tags
    settings: trafficManager!
  }
}

@description('Where clients enroll and VPN servers fetch the trust bundle.')
output serviceUrl string = apps.outputs.serviceUrl

@description('The service of the table endpoint that holds tenants, authorities and relying parties.')
output configurationEndpoint string = storage.outputs.configurationEndpoint

@description('The service of the table endpoint that holds ledger and refusals.')
output recordsEndpoint string = storage.outputs.recordsEndpoint

@description('Vault of issuer keys, which the enrolling app signs with.')
output issuerVaultUrl string = vaults.outputs.issuerVaultUrl

@description('Vault of root keys, which no app can reach.')
output rootVaultUrl string = vaults.outputs.rootVaultUrl

@description('Client id of the identity that enrolls; what the vault names in its log.')
output enrollClientId string = identities.outputs.enroll.clientId

@description('Client id of the identity that creates and drops daily tables.')
output housekeepingClientId string = identities.outputs.housekeeping.clientId

@description('Workspace to export the key log from, for mayfly ledger reconcile.')
output workspaceId string = monitoring.outputs.workspaceId

@description('The name that VPN clients connect to; empty without Traffic Manager.')
output vpnServerName string = vpnServers.?outputs.fqdn ?? ''

@description('The deployment file of the CLI: save it and name it by --deployment. It holds no secret.')
output deployment {
  service: { url: string }
  tables: { endpoint: string, recordsEndpoint: string }
  keys: { vault: { rootUrl: string, issuerUrl: string, hsm: bool } }
  directoryId: string
  appPrincipalId: string
} = {
  service: { url: apps.outputs.serviceUrl }
  tables: {
    endpoint: storage.outputs.configurationEndpoint
    recordsEndpoint: storage.outputs.recordsEndpoint
  }
  keys: {
    vault: {
      rootUrl: vaults.outputs.rootVaultUrl
      issuerUrl: vaults.outputs.issuerVaultUrl
      hsm: true
    }
  }
  directoryId: tenant().tenantId
  appPrincipalId: identities.outputs.enroll.principalId
}
