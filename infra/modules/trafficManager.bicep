// Off by default. One DNS name for several VPN servers: the fail-over that clients lack which only ever try their first server.
// Probes are TCP, so a server that speaks IKEv2 alone needs a port that answers; it is a DNS answer, so clients keep it for `timeToLive`.

@description('Prefix of resource names.')
param name string

@description('Tags of the profile.')
param tags { *: string }

@export()
@description('A VPN server.')
type vpnServerType = {
  @description('What the server is called here.')
  name: string
  @description('Its DNS name or address.')
  target: string
  @description('Its region, which routing by performance measures to.')
  location: string?
}

@export()
@description('How VPN servers share a name.')
type trafficManagerType = {
  @description('The name before .trafficmanager.net.')
  @minLength(1)
  @maxLength(63)
  dnsName: string
  @description('Priority: the first that answers. Performance: the nearest that answers.')
  routing: 'Priority' | 'Performance'
  @description('TCP port that a working server answers on.')
  @minValue(1)
  @maxValue(65535)
  port: int
  @description('The servers, the preferred one first.')
  @minLength(1)
  servers: vpnServerType[]
}

@description('Name, servers and how to choose among them.')
param settings trafficManagerType

@description('Seconds that an answer is kept.')
@minValue(0)
@maxValue(300)
param timeToLive int = 30

resource profile 'Microsoft.Network/trafficmanagerprofiles@2022-04-01' = {
  name: '${name}-vpn'
  location: 'global'
  tags: tags
  properties: {
    profileStatus: 'Enabled'
    trafficRoutingMethod: settings.routing
    dnsConfig: { relativeName: settings.dnsName, ttl: timeToLive }
    // A server that stops answering is out after at most 10 s, three more probes and the time that answers are kept.
    monitorConfig: {
      protocol: 'TCP'
      port: settings.port
      intervalInSeconds: 10
      timeoutInSeconds: 5
      toleratedNumberOfFailures: 2
    }
  }
}

resource servers 'Microsoft.Network/trafficmanagerprofiles/ExternalEndpoints@2022-04-01' = [
  for (server, index) in settings.servers: {
    parent: profile
    name: server.name
    properties: {
      target: server.target
      endpointStatus: 'Enabled'
      endpointLocation: server.?location
      priority: index + 1
    }
  }
]

@description('The name that VPN clients connect to.')
output fqdn string = profile.properties.dnsConfig.fqdn
