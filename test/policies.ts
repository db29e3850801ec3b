import type { Members } from './tenants.ts'

/** A Graph document of a policy: a compliant device, for all users, unless changed. */
export const policyDocument = (displayName: string, changes: Members = {}): Members => ({
  displayName,
  state: 'enabled',
  grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] },
  ...changes,
  conditions: {
    clientAppTypes: ['all'],
    applications: { includeApplications: ['All'] },
    users: { includeUsers: ['All'] },
    ...(changes['conditions'] as Members | undefined),
  },
})

/** A Graph document of a named location: networks. */
export const networks = (displayName: string, ...ranges: readonly string[]): Members => ({
  '@odata.type': '#microsoft.graph.ipNamedLocation',
  displayName,
  isTrusted: true,
  ipRanges: ranges.map((cidrAddress) => ({
    '@odata.type': `#microsoft.graph.iPv${cidrAddress.includes(':') ? 6 : 4}CidrRange`,
    cidrAddress,
  })),
})

/** A Graph document of a named location: countries. */
export const countries = (displayName: string, ...codes: readonly string[]): Members => ({
  '@odata.type': '#microsoft.graph.countryNamedLocation',
  displayName,
  countriesAndRegions: codes,
})

/** An Intune document of a compliance policy for Windows: the firewall and secure boot, of everybody, unless changed. */
export const complianceDocument = (displayName: string, changes: Members = {}): Members => ({
  '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
  displayName,
  activeFirewallRequired: true,
  secureBootEnabled: true,
  scheduledActionsForRule: [
    { scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] },
  ],
  assignments: [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }],
  ...changes,
})
