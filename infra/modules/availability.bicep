// Whether the service can issue, seen from outside: what no alert over its own lines tells when it does not run at all.

@description('Prefix of resource names.')
param name string

@description('Region of the test.')
param location string

@description('Tags of the resources.')
param tags { *: string }

@description('Where clients enroll.')
param serviceUrl string

@description('Application Insights, which keeps the results.')
param componentId string

@description('Who is told.')
param actionGroupIds string[]

// Amsterdam, Virginia, Singapore: one alone may be cut off.
var places = ['emea-nl-ams-azr', 'us-va-ash-azr', 'apac-sg-sin-azr']

resource readiness 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${name}-ready'
  location: location
  // The portal and the alert find the test by this tag.
  tags: union(tags, { 'hidden-link:${componentId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${name}-ready'
    Name: '${name}-ready'
    Description: 'GET /readyz: the tables answer and an issuer signs.'
    Enabled: true
    Frequency: 300
    // A cold start takes some seconds.
    Timeout: 30
    RetryEnabled: true
    Kind: 'standard'
    Locations: [for place in places: { Id: place }]
    Request: {
      RequestUrl: '${serviceUrl}/readyz'
      HttpVerb: 'GET'
      FollowRedirects: false
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
    }
  }
}

resource notReady 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${name}-not-ready'
  location: 'global'
  tags: tags
  properties: {
    description: 'The service is not there, or not ready, from two places: nobody gets a certificate. A wrong setting shows so, too.'
    severity: 0
    enabled: true
    scopes: [readiness.id, componentId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: readiness.id
      componentId: componentId
      failedLocationCount: 2
    }
    autoMitigate: true
    actions: map(actionGroupIds, id => { actionGroupId: id })
  }
}
