// What somebody has to look at. Each query gives no row while all is well; docs/telemetry.md explains what it asks for.

@description('Prefix of resource names.')
param name string

@description('Region of the rules over logs.')
param location string

@description('Tags of the rules.')
param tags { *: string }

@description('E-mail addresses that alerts are sent to; without any, they show in the portal alone.')
param alertEmails string[]

@description('Workspace of the logs.')
param workspaceId string

@description('Application Insights, which keeps the metrics.')
param componentId string

@description('Resource id of the issuer vault.')
param issuerVaultId string

@description('Resource id of the root vault.')
param rootVaultId string

@description('Client id of the enrolling identity.')
param enrollClientId string

// Severity 0: a certificate authority is at risk. 1: users are without access, or soon. 2: soon to be either. 3: look into it.
// Metrics are read from Application Insights, lines of the apps and the log of the vaults from the workspace. There, a table comes
// into being with its first row: an empty one of its columns stands in until then, or the query would fail and tell of nothing.
var metrics = '''
customMetrics
'''
var appLines = '''
union isfuzzy=true FunctionAppLogs, (datatable(TimeGenerated: datetime, Message: string)[])
'''
var vaultLog = '''
union isfuzzy=true AZKVAuditLogs, (datatable(TimeGenerated: datetime, OperationName: string, HttpStatusCode: int, CorrelationId: string, Identity: dynamic, RequestUri: string, CallerIpAddress: string, _ResourceId: string)[])
'''
var queryAlerts = [
  {
    name: 'defect'
    description: 'A certificate that breaks its profile, a signature that does not verify, or a fault: a defect of Mayfly.'
    severity: 0
    scope: 'metrics'
    span: 'PT10M'
    frequency: 'PT5M'
    table: metrics
    query: '''
| where name == "mayfly.requests.refused"
| extend code = tostring(customDimensions.code)
| where code in ("lint-failed", "signature-unverified", "fault")
| summarize refusals = sum(valueSum) by code
'''
  }
  {
    name: 'cannot-sign'
    description: 'No issuer can sign, so nobody gets a certificate.'
    severity: 1
    scope: 'metrics'
    span: 'PT10M'
    frequency: 'PT5M'
    table: metrics
    query: '''
| where name == "mayfly.requests.refused"
| extend code = tostring(customDimensions.code)
| where code in ("signer-unavailable", "signer-refused", "issuer-unavailable")
| summarize refusals = sum(valueSum) by code, tenant = tostring(customDimensions.tenant)
| where refusals > 5
'''
  }
  {
    name: 'tables-unavailable'
    description: 'The tables do not answer, so nobody gets a certificate.'
    severity: 1
    scope: 'metrics'
    span: 'PT10M'
    frequency: 'PT5M'
    table: metrics
    query: '''
| where name == "mayfly.requests.refused" and customDimensions.code == "tables-unavailable"
| summarize refusals = sum(valueSum)
| where refusals > 5
'''
  }
  {
    name: 'stale-keys'
    description: 'The keys of a token issuer cannot be fetched anew. They serve for a day, then every token is refused.'
    severity: 2
    scope: 'metrics'
    span: 'PT30M'
    frequency: 'PT15M'
    table: metrics
    query: '''
| where name == "mayfly.jwks.stale"
| summarize stale = max(valueSum), exports = count() by issuer = tostring(customDimensions.issuer)
| where stale > 0 and exports > 10
'''
  }
  {
    name: 'issuer-ends'
    description: 'An active issuer ends within 21 days. Stage the next one now: it waits its publication window first.'
    severity: 1
    scope: 'metrics'
    span: 'PT1H'
    frequency: 'PT1H'
    table: metrics
    query: '''
| where name == "mayfly.generation.remaining" and customDimensions.kind == "issuer"
| summarize days = min(valueSum) / 86400 by tenant = tostring(customDimensions.tenant), generation = tostring(customDimensions.generation)
| where days < 21
'''
  }
  {
    name: 'root-ends'
    description: 'An active root ends within 180 days. Roll over to the next one: every VPN server has to install it first.'
    severity: 2
    scope: 'metrics'
    span: 'PT1H'
    frequency: 'PT1H'
    table: metrics
    query: '''
| where name == "mayfly.generation.remaining" and customDimensions.kind == "root"
| summarize days = min(valueSum) / 86400 by tenant = tostring(customDimensions.tenant), generation = tostring(customDimensions.generation)
| where days < 180
'''
  }
  {
    name: 'old-bundle'
    description: 'A trust bundle is older than an issuer may become: nobody has staged the next one.'
    severity: 2
    scope: 'metrics'
    span: 'PT1H'
    frequency: 'PT1H'
    table: metrics
    query: '''
| where name == "mayfly.bundle.age"
| summarize days = max(valueSum) / 86400 by tenant = tostring(customDimensions.tenant)
| where days > 80
'''
  }
  {
    name: 'housekeeping-behind'
    description: 'Within a few days there will be no table to record certificates in, or old ones could not be dropped.'
    severity: 1
    scope: 'logs'
    span: 'PT3H'
    frequency: 'PT1H'
    table: appLines
    query: '''
| where Message has "housekeeping"
| extend line = parse_json(Message)
| where line.event == "housekeeping"
| where toint(line.daysAhead) < 7 or isnotempty(tostring(line.failed)) or isnotempty(tostring(line.stranded))
| project TimeGenerated, line.daysAhead, line.failed, line.stranded
'''
  }
  {
    name: 'housekeeping-absent'
    description: 'Housekeeping has not run for three hours. There are tables for 14 days ahead.'
    severity: 2
    scope: 'logs'
    span: 'PT3H'
    frequency: 'PT1H'
    table: appLines
    query: '''
| where Message has "housekeeping"
| extend line = parse_json(Message)
| summarize runs = countif(line.event == "housekeeping")
| where runs == 0
'''
  }
  {
    name: 'unexplained-signature'
    description: 'An issuer key signed for the enrolling identity, and no line of the app says what. Reconcile at once: mayfly ledger reconcile.'
    severity: 0
    scope: 'logs'
    span: 'PT2H'
    frequency: 'PT30M'
    // The newest half hour is left out: the two logs do not arrive at the same time.
    table: vaultLog
    query: replace(
      replace(
        '''
| where TimeGenerated < ago(30m) and TimeGenerated > ago(90m)
| where OperationName == "KeySign" and HttpStatusCode == 200 and _ResourceId =~ "<vault>"
| where tostring(Identity) has "<enroll>"
| extend id = tolower(CorrelationId)
| join kind=leftanti (
    union isfuzzy=true FunctionAppLogs, (datatable(TimeGenerated: datetime, Message: string)[])
    | where Message has "requestId"
    | extend line = parse_json(Message)
    | mv-expand id = pack_array(line.vaultRequestId, line.requestId) to typeof(string)
    | project id = tolower(id)
  ) on id
| project TimeGenerated, id, RequestUri, CallerIpAddress
''',
        '<vault>',
        issuerVaultId
      ),
      '<enroll>',
      enrollClientId
    )
  }
  {
    name: 'foreign-signature'
    description: 'Somebody else than the enrolling app signed with an issuer key: an administrator who made a request, or a thief.'
    severity: 1
    scope: 'logs'
    span: 'PT1H'
    frequency: 'PT30M'
    table: vaultLog
    query: replace(
      replace(
        '''
| where OperationName == "KeySign" and HttpStatusCode == 200 and _ResourceId =~ "<vault>"
| where not(tostring(Identity) has "<enroll>")
| project TimeGenerated, Identity, RequestUri, CallerIpAddress
''',
        '<vault>',
        issuerVaultId
      ),
      '<enroll>',
      enrollClientId
    )
  }
  {
    name: 'key-copied-or-lost'
    description: 'Somebody backed a key up, restored, deleted, recovered or purged one, or tried to.'
    severity: 0
    scope: 'logs'
    span: 'PT30M'
    frequency: 'PT15M'
    table: vaultLog
    query: '''
| where OperationName in ("KeyBackup", "KeyRestore", "KeyRelease", "KeyDelete", "KeyRecover", "KeyPurge", "VaultDelete", "VaultPurge")
| project TimeGenerated, OperationName, HttpStatusCode, Identity, RequestUri, CallerIpAddress
'''
  }
  {
    name: 'key-changed'
    description: 'Somebody made, imported, rotated or changed a key, or tried to. Expected when an issuer or root is staged or stopped.'
    severity: 3
    scope: 'logs'
    span: 'PT30M'
    frequency: 'PT15M'
    table: vaultLog
    query: '''
| where OperationName in ("KeyCreate", "KeyImport", "KeyUpdate", "KeyRotate", "KeyRotationPolicySet", "VaultPatch")
| project TimeGenerated, OperationName, HttpStatusCode, Identity, RequestUri, CallerIpAddress
'''
  }
]

var vaultAlerts = [
  {
    name: 'slow'
    description: 'The issuer vault takes more than half a second on average: clients wait, and places fill up.'
    severity: 2
    metric: 'ServiceApiLatency'
    aggregation: 'Average'
    threshold: 500
    statuses: []
  }
  {
    name: 'throttled'
    description: 'The issuer vault throttles: more signatures are asked for than it gives. Add issuers in other vaults.'
    severity: 1
    metric: 'ServiceApiResult'
    aggregation: 'Count'
    threshold: 10
    statuses: ['429']
  }
  {
    name: 'refused'
    description: 'The issuer vault refuses: a key that ended or was disabled, a role that is gone, or somebody who tries.'
    severity: 1
    metric: 'ServiceApiResult'
    aggregation: 'Count'
    threshold: 0
    statuses: ['403']
  }
]

var actionGroups = empty(alertEmails) ? [] : [people.id]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertEmails)) {
  name: '${name}-alerts'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: name
    enabled: true
    emailReceivers: [
      for (address, index) in alertEmails: {
        name: 'email-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource queryRules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in queryAlerts: {
    name: '${name}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${name}: ${alert.name}'
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [alert.scope == 'metrics' ? componentId : workspaceId]
      evaluationFrequency: alert.frequency
      windowSize: alert.span
      criteria: {
        allOf: [
          {
            query: '${alert.table}${alert.query}'
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      // Azure would refuse a query that names a table before its first row.
      skipQueryValidation: true
      autoMitigate: true
      actions: { actionGroups: actionGroups }
    }
  }
]

resource vaultRules 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for alert in vaultAlerts: {
    name: '${name}-issuer-vault-${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [issuerVaultId]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricName: alert.metric
            operator: 'GreaterThan'
            threshold: alert.threshold
            timeAggregation: alert.aggregation
            dimensions: empty(alert.statuses)
              ? []
              : [{ name: 'StatusCode', operator: 'Include', values: alert.statuses }]
          }
        ]
      }
      autoMitigate: true
      actions: map(actionGroups, id => { actionGroupId: id })
    }
  }
]

// The root vault is used some times a year: whoever it refuses is worth a look.
resource rootVaultRefuses 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${name}-root-vault-refused'
  location: 'global'
  tags: tags
  properties: {
    description: 'The root vault refuses: an administrator without the role, or somebody who tries.'
    severity: 1
    enabled: true
    scopes: [rootVaultId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'refused'
          metricName: 'ServiceApiResult'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Count'
          dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['403'] }]
        }
      ]
    }
    autoMitigate: true
    actions: map(actionGroups, id => { actionGroupId: id })
  }
}

// What guards keys and records is itself guarded: the activity log tells who took it away. It is kept where no administrator of Mayfly writes.
var guardAlerts = [
  {
    name: 'guard-removed'
    description: 'Somebody removed a role, a lock, a diagnostic setting or an alert of this deployment.'
    operations: [
      'Microsoft.Authorization/roleAssignments/delete'
      'Microsoft.Authorization/roleDefinitions/delete'
      'Microsoft.Authorization/locks/delete'
      'Microsoft.Insights/diagnosticSettings/delete'
      'Microsoft.Insights/scheduledQueryRules/delete'
      'Microsoft.Insights/metricAlerts/delete'
      'Microsoft.Insights/activityLogAlerts/delete'
      'Microsoft.Insights/actionGroups/delete'
    ]
  }
  {
    name: 'guard-changed'
    description: 'Somebody gave a role, or changed what one may or what is logged. Expected when infra/ is deployed.'
    operations: [
      'Microsoft.Authorization/roleAssignments/write'
      'Microsoft.Authorization/roleDefinitions/write'
      'Microsoft.Insights/diagnosticSettings/write'
    ]
  }
]

resource guardRules 'Microsoft.Insights/activityLogAlerts@2026-01-01' = [
  for alert in guardAlerts: {
    name: '${name}-${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: alert.description
      enabled: true
      scopes: [resourceGroup().id]
      condition: {
        allOf: [
          { field: 'category', equals: 'Administrative' }
          { field: 'status', equals: 'Succeeded' }
          { anyOf: map(alert.operations, operation => { field: 'operationName', equals: operation }) }
        ]
      }
      actions: { actionGroups: map(actionGroups, id => { actionGroupId: id }) }
    }
  }
]

@description('Who is told of alerts.')
output actionGroupIds string[] = actionGroups
