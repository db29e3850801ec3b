import type { CompliancePolicy } from './compliancePolicy.ts'

/** Tells of a policy that no device can be assigned to: nobody asks for its facts. */
export const isForNobody = ({ assignment }: CompliancePolicy): boolean =>
  !assignment.all && assignment.groups.length === 0
