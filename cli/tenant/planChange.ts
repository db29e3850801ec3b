import type { Tables } from '../../lib/store/tables.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import type { Difference } from '../../lib/tenant/difference.ts'
import { noPolicies, type PolicySet, type UnderstoodSet, understandSet } from '../../lib/tenant/policySet.ts'
import { readCurrent } from '../../lib/tenant/revision.ts'
import { contentDifferences, contentOf, type RevisionContent } from '../../lib/tenant/revisionContent.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'

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
  /** Tells what is lost that only `--force` gives up, in words that follow "it". */
  readonly loss: string | undefined
}

/** Plans a tenant that there is not yet. */
export const firstPlan = ({ configuration, policySet = noPolicies }: WantedContent): Plan => {
  const content = { configuration, policySet }
  const nothing = { configuration: {}, policySet: noPolicies }
  return { current: 0, content, differences: contentDifferences(nothing, content), loss: undefined }
}

/** Plans what replaces a revision that nobody can trust: what it says of policies is not to be kept, either. */
const planOverAltered = (current: number, { configuration, policySet }: WantedContent): Plan => ({
  current,
  content: { configuration, policySet: policySet ?? noPolicies },
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

/** Plans a change of the revision in force. @throws {Refusal} `tables-unavailable` */
export const planChange = async (tables: Tables, wanted: WantedContent): Promise<Plan> => {
  const tenant = parseTenantId(wanted.configuration.tenant)
  const stored = (await readCurrent(tables, tenant))?.stored
  if (!stored) return firstPlan(wanted)
  const before = contentOf(tenant, stored)
  if (!before) return planOverAltered(stored.number, wanted)
  const content = { configuration: wanted.configuration, policySet: wanted.policySet ?? before.policySet }
  const isLast = before.policies.length > 0 && content.policySet.policies.length === 0
  return {
    current: stored.number,
    content,
    differences: [
      ...contentDifferences(before, content),
      ...(wanted.policySet ? [] : reachDifferences(before.policies, content)),
    ],
    loss: isLast ? 'removes the last policy' : undefined,
  }
}
