import * as z from 'zod'
import type { CompliancePolicy } from '../compliance/model/compliancePolicy.ts'
import { parseCompliancePolicies } from '../compliance/model/parseCompliancePolicies.ts'
import type { GraphDocument } from '../policy/model/graphDocument.ts'
import { parseLocations } from '../policy/model/parseLocations.ts'
import { parsePolicies } from '../policy/model/parsePolicies.ts'
import type { NamedLocation, Policy } from '../policy/model/policy.ts'
import { printRejection, type Rejection } from '../policy/model/rejection.ts'
import type { Configuration } from './configuration.ts'

const documents = z.array(z.record(z.string(), z.unknown())).default([])

const schema = z.strictObject({
  policies: documents,
  locations: documents,
  neverSatisfied: z.array(z.string()).default([]),
  compliancePolicies: documents,
})

/** The policies of a tenant, the named locations that they refer to, and its compliance policies, as documents of Microsoft Graph. */
export interface PolicySet {
  readonly policies: readonly GraphDocument[]
  readonly locations: readonly GraphDocument[]
  /** Ids of policies that nothing here can satisfy, and that an administrator wants all the same. */
  readonly neverSatisfied: readonly string[]
  /** As Intune has them. */
  readonly compliancePolicies: readonly GraphDocument[]
}

/** The set of a tenant that never had a policy. */
export const noPolicies: PolicySet = {
  policies: [],
  locations: [],
  neverSatisfied: [],
  compliancePolicies: [],
}

/** Reads the form of a set, as it is stored and shown, and not what its documents say. @throws for what is none */
export const parsePolicySet = (value: unknown): PolicySet => schema.parse(value)

/** Writes a set as it is stored: one without compliance policies as it was written before there were any. */
export const policySetJson = ({ compliancePolicies, ...set }: PolicySet): string =>
  JSON.stringify(compliancePolicies.length === 0 ? set : { ...set, compliancePolicies })

/** A set, understood. */
export interface UnderstoodSet {
  readonly policies: readonly Policy[]
  readonly locations: readonly NamedLocation[]
  readonly compliancePolicies: readonly CompliancePolicy[]
}

/** Lists the ids by which policies mean this service: those that are configured, and the audiences of its tokens. */
export const applicationIdsOf = ({ applicationIds, tokenIssuers }: Configuration): readonly string[] => [
  ...applicationIds,
  ...tokenIssuers.map(({ audience }) => audience),
]

/** Tells a rejection of one of a list, or of the list itself. */
const faultOf = (list: string, rejection: Rejection): string =>
  printRejection({ ...rejection, path: rejection.path.startsWith('[') ? list + rejection.path : list })

/** Understands the documents of a set, or tells what cannot be understood of them, a line each. */
export const understandSet = (
  set: PolicySet,
  configuration: Configuration,
): UnderstoodSet | { readonly faults: readonly string[] } => {
  const options = { applicationIds: applicationIdsOf(configuration), denyUnprovable: true }
  const policies = parsePolicies(set.policies, options)
  const locations = parseLocations(set.locations)
  const compliance = parseCompliancePolicies(set.compliancePolicies, { assignAll: false })
  const faults = [
    ...policies.rejections.map((rejection) => faultOf('policies', rejection)),
    ...locations.rejections.map((rejection) => faultOf('locations', rejection)),
    ...compliance.rejections.map((rejection) => faultOf('compliancePolicies', rejection)),
  ]
  if (faults.length > 0) return { faults }
  return {
    policies: policies.entries.map(({ value }) => value),
    locations: locations.entries.map(({ value }) => value),
    compliancePolicies: compliance.entries.map(({ value }) => value),
  }
}
