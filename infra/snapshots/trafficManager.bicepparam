using '../main.bicep'

param trafficManager = {
  dnsName: 'vpn-contoso'
  routing: 'Priority'
  port: 443
  servers: [
    { name: 'first', target: 'vpn1.contoso.example' }
    { name: 'second', target: '203.0.113.9' }
  ]
}
