import { isForNobody } from '../../lib/compliance/model/isForNobody.ts'
import type { CompliancePolicy, Setting } from '../../lib/compliance/model/compliancePolicy.ts'
import { sourceNames } from '../../lib/policy/reportText.ts'
import type { FactName } from '../../lib/policy/signals/factKinds.ts'
import type { SuppliedFact } from '../../lib/tenant/suppliedFacts.ts'
import { assignedTo } from '../tenant/complianceEffects.ts'

/** Says what it means that a tenant has no compliance policies. */
export const noneText = 'there are no compliance policies: what claims and the directory prove is enough'

/** Says to whom a policy is assigned. */
export const assignmentText = ({ assignment, platform }: CompliancePolicy): string => {
  const whom = assignedTo([assignment])
  return whom === undefined ? 'nobody' : `${platform} of ${whom}`
}

/** Says what a policy asks for, all of it. */
export const complianceText = ({ settings }: CompliancePolicy): string =>
  settings.map(({ wanted }) => wanted).join(', ')

const tellersOf = (fact: FactName, supplied: readonly SuppliedFact[]): string => {
  const names = supplied.filter((one) => one.fact === fact).map(({ source }) => sourceNames[source])
  return `${fact} by ${names.length === 0 ? 'no source' : names.join(' and ')}`
}

/** Says what a setting wants, and which sources tell what it asks for. */
export const settingText = (
  { name, wanted, requirements }: Setting,
  supplied: readonly SuppliedFact[],
): string => {
  const facts = [...new Set(requirements.map(({ fact }) => fact))]
  return `${name}: ${wanted} (${facts.map((fact) => tellersOf(fact, supplied)).join('; ')})`
}

/** Tokens tell the groups of a user: Intune assigns to groups of devices as well, and an export does not say which these are. */
const groupNotes = ({ assignment: { all, groups, excludedGroups } }: CompliancePolicy): readonly string[] => [
  ...(!all && groups.length > 0
    ? ['groups are those of the user: by a group of devices it is assigned to nobody']
    : []),
  ...(excludedGroups.length > 0 ? ['groups are those of the user: a group of devices excludes nobody'] : []),
]

/** Lists what an administrator has to know of a policy that was understood: whom it is assigned to comes first. */
export const complianceNotes = (policy: CompliancePolicy): readonly string[] => [
  isForNobody(policy)
    ? 'it is assigned to nobody, and asks nothing of anybody'
    : `it is assigned to ${assignmentText(policy)}`,
  ...groupNotes(policy),
  ...policy.meaningless.map((name) => `${name} means nothing here`),
]
