import type { CompliancePolicy } from '../../lib/compliance/model/compliancePolicy.ts'
import { parseCompliancePolicies } from '../../lib/compliance/model/parseCompliancePolicies.ts'
import type { Entry } from '../../lib/policy/model/parseGraphFile.ts'
import type { PolicySet } from '../../lib/tenant/policySet.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { flag } from '../commandLine/option.ts'
import { givenOptions } from '../policy/changePolicies.ts'
import { filesOption, type GraphFiles, graphFiles, type ReadFile } from '../policy/graphFiles.ts'
import { namedEntries } from '../policy/namedEntries.ts'

/** Compliance policies with their documents. */
export type Entries = readonly Entry<CompliancePolicy>[]

/** Describes the options that say which compliance policies are given, and what becomes of them. */
export const givenComplianceOptions = {
  file: filesOption("compliance policies in Intune's format, as Microsoft Graph (beta) exports them"),
  add: givenOptions.add,
  assignAll: flag('take policies that were exported without their assignments as assigned to all'),
}

/** The compliance policies in force, with their documents. */
export const complianceEntries = ({ compliancePolicies, policySet }: Revision): Entries =>
  namedEntries(compliancePolicies, policySet.compliancePolicies)

/** Parses compliance policies. */
export const givenCompliance = (
  files: readonly ReadFile[],
  assignAll: boolean,
): GraphFiles<CompliancePolicy> =>
  graphFiles(files, (document) => parseCompliancePolicies(document, { assignAll }))

/** Makes a set of the same policies and locations, and other compliance policies. */
export const withCompliance = ({ policySet }: Revision, entries: Entries): PolicySet => ({
  ...policySet,
  compliancePolicies: entries.map(({ document }) => document),
})
