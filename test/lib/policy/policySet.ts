import type { CompliancePolicy } from '../../../lib/compliance/model/compliancePolicy.ts'
import { compilePolicies, type Policies } from '../../../lib/policy/compilePolicies.ts'
import { parseLocations } from '../../../lib/policy/model/parseLocations.ts'
import { parsePolicies } from '../../../lib/policy/model/parsePolicies.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'

type Members = Readonly<Record<string, unknown>>

/** When the decisions of these tests are made, seconds since 1970. */
export const at = 1_772_445_600

/** The id by which policies mean this service. */
export const thisService = 'eeeeeeee-0000-4000-8000-000000000001'

/** What a policy of Graph says beside its conditions. */
export interface PolicyChanges {
  readonly state?: 'enabled' | 'disabled' | 'enabledForReportingButNotEnforced'
  /** Built-in controls, or all of grantControls. */
  readonly grant?: readonly string[] | Members
  readonly session?: Members
}

const isList = (grant: readonly string[] | Members): grant is readonly string[] => Array.isArray(grant)

/** A policy as Graph has it, for all users unless its conditions say otherwise; its name is its id. */
export const graphPolicy = (id: string, conditions: Members = {}, changes: PolicyChanges = {}): Members => {
  const { state = 'enabled', grant = ['compliantDevice'], session } = changes
  return {
    id,
    displayName: id,
    state,
    conditions: {
      users: { includeUsers: ['All'] },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
      ...conditions,
    },
    ...(isList(grant) && grant.length === 0
      ? {}
      : { grantControls: isList(grant) ? { operator: 'OR', builtInControls: grant } : grant }),
    ...(session ? { sessionControls: session } : {}),
  }
}

/** Asks for a compliant device of everybody. */
export const compliantDevices = graphPolicy('compliant devices')

interface SetChanges {
  readonly locations?: readonly Members[]
  readonly compliancePolicies?: readonly CompliancePolicy[]
  readonly lifetimes?: Readonly<Record<string, number>>
}

/** Compiles policies of Graph; those that nothing can satisfy are kept. */
export const compiled = (documents: readonly Members[], changes: SetChanges = {}): Policies => {
  const policies = parsePolicies(documents, { applicationIds: [thisService], denyUnprovable: true })
  const locations = parseLocations(changes.locations ?? [])
  const rejections = [...policies.rejections, ...locations.rejections]
  if (rejections.length > 0) throw new Error(JSON.stringify(rejections))
  return compilePolicies({
    policies: policies.entries.map(({ value }) => value),
    locations: locations.entries.map(({ value }) => value),
    compliancePolicies: changes.compliancePolicies ?? [],
    lifetimes: changes.lifetimes ?? {},
  })
}

/** A member who signs in at the office, on a compliant device; all is known. */
export const officeSignals: Signals = {
  version: 1,
  at,
  user: 'ada',
  application: thisService,
  guest: null,
  groups: ['everybody'],
  roles: [],
  clientIp: '203.0.113.7',
  country: 'DE',
  platform: 'windows',
  device: { trustType: 'AzureAD' },
  signInRisk: 'none',
  userRisk: 'none',
  insiderRisk: null,
  transferMethod: null,
  authenticationMethods: ['pwd'],
  authenticationContexts: [],
  authTime: at - 60,
  proofs: { compliantDevice: 'yes', domainJoinedDevice: 'no', mfa: 'no' },
}
