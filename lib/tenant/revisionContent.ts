import { type Configuration, parseConfiguration } from './configuration.ts'
import { type Difference, differencesBetween } from './difference.ts'
import { noPolicies, parsePolicySet, type PolicySet, type UnderstoodSet, understandSet } from './policySet.ts'
import type { StoredRevision } from './storedRevision.ts'
import type { TenantId } from './tenantId.ts'

/** All that an administrator puts into force at once. */
export interface RevisionContent {
  readonly configuration: Configuration
  readonly policySet: PolicySet
}

/** A content, with what its policies and locations say. */
export type UnderstoodContent = RevisionContent & UnderstoodSet

/** Reads the policies and locations of a revision as they are stored. @throws for what is no set */
export const policySetOf = ({ parts }: Pick<StoredRevision, 'parts'>): PolicySet =>
  parts.length === 0 ? noPolicies : parsePolicySet(JSON.parse(parts.join('')))

/** Understands a revision; undefined when this version does not, or when it is not the one that was applied. */
export const contentOf = (tenant: TenantId, stored: StoredRevision): UnderstoodContent | undefined => {
  if (!stored.isIntact) return undefined
  try {
    const configuration = parseConfiguration(JSON.parse(stored.document))
    const policySet = policySetOf(stored)
    const understood = understandSet(policySet, configuration)
    if (configuration.tenant !== tenant || 'faults' in understood) return undefined
    return { configuration, policySet, ...understood }
  } catch {
    return undefined
  }
}

/** A content that this version need not understand. */
interface Comparable {
  readonly configuration: unknown
  readonly policySet: PolicySet
}

const attempt = <T>(read: () => T, otherwise: T): T => {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/**
 * Reads a revision as far as it can be shown: a document that is no JSON any more as the text that it is, and no policies where
 * they cannot be read.
 */
export const shownContentOf = (stored: StoredRevision): Comparable => ({
  configuration: attempt((): unknown => JSON.parse(stored.document), stored.document),
  policySet: attempt(() => policySetOf(stored), noPolicies),
})

/** Names documents as people do, by their display names; by their ids where another has the name, or has it as its id. */
const byName = (documents: PolicySet['policies'], others: PolicySet['policies']) => {
  const isAlone = (name: unknown) =>
    [documents, others].every(
      (list) => list.filter(({ displayName, id }) => [displayName, id].includes(name)).length <= 1,
    )
  return Object.fromEntries(
    documents.map((document) => {
      const { displayName, id = displayName } = document
      return [String(isAlone(displayName) ? displayName : id), document]
    }),
  )
}

const membersOf = ({ configuration, policySet }: Comparable, other: PolicySet) => ({
  ...(typeof configuration === 'object' ? configuration : { document: configuration }),
  policies: byName(policySet.policies, other.policies),
  locations: byName(policySet.locations, other.locations),
  neverSatisfied: policySet.neverSatisfied,
  compliancePolicies: byName(policySet.compliancePolicies, other.compliancePolicies),
})

/** Tells where two contents differ; in which order documents stand is no difference. */
export const contentDifferences = (before: Comparable, after: Comparable): readonly Difference[] =>
  differencesBetween(membersOf(before, after.policySet), membersOf(after, before.policySet))
