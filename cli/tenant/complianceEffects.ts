import { type CompliancePolicy, compliancePlatforms } from '../../lib/compliance/model/compliancePolicy.ts'

type Policies = readonly CompliancePolicy[]

/** Says to whom the policies of a platform are assigned; undefined where to nobody. */
const assignedTo = (policies: Policies): string | undefined => {
  const assignments = policies
    .map(({ assignment }) => assignment)
    .filter(({ all, groups }) => all || groups.length > 0)
  if (assignments.length === 0) return undefined
  if (assignments.some(({ all, excludedGroups }) => all && excludedGroups.length === 0)) return 'everybody'
  const lists = (list: 'groups' | 'excludedGroups') =>
    [...new Set(assignments.flatMap((assignment) => assignment[list]))].join(', ')
  return assignments.some(({ all }) => all)
    ? `everybody but for the groups ${lists('excludedGroups')}`
    : `the groups ${lists('groups')}`
}

/** Says whose devices can be compliant: those of a policy at least, for the others nothing would be asked. */
const reachOf = (policies: Policies): string => {
  const reached = compliancePlatforms.flatMap((platform) => {
    const whom = assignedTo(policies.filter((policy) => policy.platform === platform))
    return whom === undefined ? [] : [`${platform} of ${whom}`]
  })
  return reached.length === 0 ? 'none' : `${reached.join('; ')}; no others`
}

const ruleEffect = (before: Policies, after: Policies): readonly string[] => {
  if (before.length === 0 && after.length > 0)
    return [
      'from now on no claim and no directory alone proves a compliant device: the compliance policies must hold, too',
    ]
  return before.length > 0 && after.length === 0
    ? ['from now on what claims and the directory prove is enough for a compliant device']
    : []
}

/** Tells what a change of compliance policies does to whom, a sentence each. */
export const complianceEffects = (before: Policies, after: Policies): readonly string[] => {
  const reach = reachOf(after)
  const isChanged = after.length > 0 && (before.length === 0 || reachOf(before) !== reach)
  return [...ruleEffect(before, after), ...(isChanged ? [`devices that can be compliant: ${reach}`] : [])]
}
