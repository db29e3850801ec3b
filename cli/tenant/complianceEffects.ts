import {
  type Assignment,
  compliancePlatforms,
  type CompliancePolicy,
} from '../../lib/compliance/model/compliancePolicy.ts'

type Policies = readonly CompliancePolicy[]

const groupsOf = (assignments: readonly Assignment[], list: 'groups' | 'excludedGroups'): string =>
  [...new Set(assignments.flatMap((assignment) => assignment[list]))].join(', ')

/** Says whom assignments reach, one of them at least; undefined where nobody. */
export const assignedTo = (assignments: readonly Assignment[]): string | undefined => {
  const toAll = assignments.filter(({ all }) => all)
  const reaching = toAll.length > 0 ? toAll : assignments.filter(({ groups }) => groups.length > 0)
  if (reaching.length === 0) return undefined
  const included = toAll.length > 0 ? 'everybody' : `the groups ${groupsOf(reaching, 'groups')}`
  const isBounded = reaching.every(({ excludedGroups }) => excludedGroups.length > 0)
  return isBounded ? `${included} but for the groups ${groupsOf(reaching, 'excludedGroups')}` : included
}

/** Says whose devices can be compliant: those of a policy at least, for the others nothing would be asked. */
const reachOf = (policies: Policies): string => {
  const reached = compliancePlatforms.flatMap((platform) => {
    const own = policies.filter((policy) => policy.platform === platform)
    const whom = assignedTo(own.map(({ assignment }) => assignment))
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
