import * as z from 'zod'
import { type GraphFile, parseGraphFile } from '../../policy/model/parseGraphFile.ts'
import type { CompliancePolicy } from './compliancePolicy.ts'

/** Bounds the compliance policies of a tenant. */
export const maxCompliancePolicies = 100

export interface CompliancePolicyOptions {
  /** Takes policies that come without `assignments` as assigned to all, and writes that into their documents. */
  readonly assignAll: boolean
}

const schema = z.custom<CompliancePolicy>(() => false, 'is not supported')

/**
 * Parses a file of Intune's compliance policies as Graph (beta) exports them: one, an array, or the list that Graph answers
 * with. Whatever is not understood is rejected, all of it at once.
 */
export const parseCompliancePolicies = (
  file: unknown,
  _options: CompliancePolicyOptions,
): GraphFile<CompliancePolicy> =>
  parseGraphFile(file, {
    parse: (document) => schema.safeParse(document),
    most: maxCompliancePolicies,
    otherKind: { members: ['conditions', 'grantControls'], reason: 'is a conditional-access policy' },
  })
