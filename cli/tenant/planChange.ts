import type { Tables } from '../../lib/store/tables.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import type { Difference } from '../../lib/tenant/difference.ts'
import { noPolicies, type PolicySet, type UnderstoodSet, understandSet } from '../../lib/tenant/policySet.ts'
import { readCurrent } from '../../lib/tenant/revision.ts'
import { contentDifferences, contentOf, type RevisionContent } from '../../lib/tenant/revisionContent.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { complianceEffects } from './complianceEffects.ts'

/** A content that somebody wants in force. */
export interface WantedContent {
  readonly configuration: Configuration
  /** Undefined for the policies and locations that are in force. */
  readonly policySet: PolicySet | undefined
}

export interface Plan {
  /** The number of the revision in force; 0 when there is none. */
  readonly current: number
  readonly content: RevisionContent
  readonly differences: readonly Difference[]
  /** Lists what comes of them that no difference says, a sentence each. */
  readonly effects: readonly string[]
  /** Tells what is lost that only `--force` gives up, in words that follow "it". */
  readonly loss: string | undefined
}

/** Tells what becomes of compliant devices; nothing of a content that is not understood, which is refused later. */
const effectsOf = (
  before: UnderstoodSet['compliancePolicies'],
  { configuration, policySet }: RevisionContent,
): readonly string[] => {
  const after = understandSet(policySet, configuration)
  return 'faults' in after ? [] : complianceEffects(before, after.compliancePolicies)
}

/** Plans a tenant that there is not yet. */
export const firstPlan = ({ configuration, policySet = noPolicies }: WantedContent): Plan => {
  const content = { configuration, policySet }
  const nothing = { configuration: {}, policySet: noPolicies }
  const differences = contentDifferences(nothing, content)
  return { current: 0, content, differences, effects: effectsOf([], content), loss: undefined }
}

/** Plans what replaces a revision that nobody can trust: what it says of policies is not to be kept, either. */
const planOverAltered = (current: number, { configuration, policySet }: WantedContent): Plan => ({
  current,
  content: { configuration, policySet: policySet ?? noPolicies },
  effects: [],
  differences: [{ path: 'the revision in force', before: 'not the one that was applied', after: undefined }],
  loss: policySet ? undefined : 'leaves the policies of the revision in force behind, which was altered',
})

const reachOf = ({ never }: UnderstoodSet['policies'][number]): string =>
  never === undefined ? 'may apply here' : `never applies here: ${never}`

/** Tells of policies that a change of the configuration alone sets aside or brings to bear: their documents do not differ. */
const reachDifferences = (
  before: UnderstoodSet['policies'],
  { configuration, policySet }: RevisionContent,
): readonly Difference[] => {
  const after = understandSet(policySet, configuration)
  if ('faults' in after) return []
  const old = new Map(before.map((policy) => [policy.id, reachOf(policy)]))
  return after.policies
    .map((policy) => ({
      path: `policies.${policy.displayName}`,
      before: old.get(policy.id),
      after: reachOf(policy),
    }))
    .filter(({ before: reach, after: now }) => reach !== now)
}

const lossOf = (before: PolicySet, after: PolicySet): string | undefined => {
  const lost = (['policies', 'compliancePolicies'] as const).filter(
    (list) => before[list].length > 0 && after[list].length === 0,
  )
  const names = { policies: 'the last policy', compliancePolicies: 'the last compliance policy' }
  return lost.length === 0 ? undefined : `removes ${lost.map((list) => names[list]).join(' and ')}`
}

/** Plans a change of the revision in force. @throws {Refusal} `tables-unavailable` */
export const planChange = async (tables: Tables, wanted: WantedContent): Promise<Plan> => {
  const tenant = parseTenantId(wanted.configuration.tenant)
  const stored = (await readCurrent(tables, tenant))?.stored
  if (!stored) return firstPlan(wanted)
  const before = contentOf(tenant, stored)
  if (!before) return planOverAltered(stored.number, wanted)
  const content = { configuration: wanted.configuration, policySet: wanted.policySet ?? before.policySet }
  return {
    current: stored.number,
    content,
    differences: [
      ...contentDifferences(before, content),
      ...(wanted.policySet ? [] : reachDifferences(before.policies, content)),
    ],
    effects: effectsOf(before.compliancePolicies, content),
    loss: lossOf(before.policySet, content.policySet),
  }
}
