import type { CompliancePlatform, CompliancePolicy } from '../../../lib/compliance/model/compliancePolicy.ts'
import { parseCompliancePolicies } from '../../../lib/compliance/model/parseCompliancePolicies.ts'
import { printRejection } from '../../../lib/policy/model/rejection.ts'
import type { FactName, FactReport, FactValue } from '../../../lib/policy/signals/factKinds.ts'
import type { Signal } from '../../../lib/policy/signals/signal.ts'
import type { Members } from '../../tenants.ts'

/** When the assessments of these tests are made, seconds since 1970. */
export const now = 1_772_445_600

const types = { windows: 'windows10CompliancePolicy', macOS: 'macOSCompliancePolicy' } as const

/** Makes Graph's target of an assignment. */
export const target = (kind: string, groupId?: string): Members => ({
  target: { '@odata.type': `#microsoft.graph.${kind}AssignmentTarget`, groupId },
})

/** Makes Graph's document of a policy that is assigned to all devices, with some members. */
export const policyDocument = (platform: CompliancePlatform, members: Members): Members => ({
  '@odata.type': `#microsoft.graph.${types[platform]}`,
  displayName: 'Plain',
  assignments: [target('allDevices')],
  ...members,
})

/** Parses a file, and prints what is said of it. */
export const parsedPolicies = (file: unknown, options = { assignAll: false }) => {
  const { entries, rejections } = parseCompliancePolicies(file, options)
  return {
    policies: entries.map(({ value }) => value),
    documents: entries.map(({ document }) => document),
    rejections: rejections.map(printRejection),
  }
}

/** Makes a policy that must be taken. */
export const policyOf = (platform: CompliancePlatform, members: Members): CompliancePolicy => {
  const { policies, rejections } = parsedPolicies(policyDocument(platform, members))
  const [policy] = policies
  if (policy === undefined) throw new Error(rejections.join('\n'))
  return policy
}

/** Makes a report of a posture service about now, unless changed. */
export const reported = (
  fact: FactName,
  value: Signal<FactValue>,
  changes: Partial<FactReport> = {},
): FactReport => ({ fact, source: 'posture', value, at: now, ...changes })
