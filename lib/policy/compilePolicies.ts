import { type Condition, conditionsOf, type Places, placesOf } from './conditionsOf.ts'
import type { PolicyName } from './decision.ts'
import { decidingPolicies } from './model/defaultPolicy.ts'
import type { LivePolicy, NamedLocation, Policy } from './model/policy.ts'

/** Gives what one revision of a tenant decides by. */
export interface RevisionPolicies {
  readonly policies: readonly Policy[]
  readonly locations: readonly NamedLocation[]
  /** The longest lives, in seconds, by the ids of policies. */
  readonly lifetimes: Readonly<Record<string, number>>
}

/** A policy that is asked at every decision. */
export interface CompiledPolicy extends Pick<LivePolicy, 'grant' | 'signInFrequency'> {
  readonly name: PolicyName
  readonly isReportOnly: boolean
  readonly conditions: readonly Condition[]
  /** The longest life in seconds; undefined where the tenant states none. */
  readonly lifetimeSeconds: number | undefined
}

/** The policies of one revision, ready to decide: by their ids, so that no answer depends on the order of a file. */
export interface Policies {
  /** In force or report-only. */
  readonly active: readonly CompiledPolicy[]
  /** Disabled, or such that they can never apply here. */
  readonly idle: readonly Policy[]
}

const isActive = (policy: Policy): policy is LivePolicy => policy.never === undefined

const compiled = (
  policy: LivePolicy,
  places: Places,
  lifetimes: ReadonlyMap<string, number>,
): CompiledPolicy => {
  const { id, displayName, state, grant, signInFrequency } = policy
  return {
    name: { id, displayName },
    isReportOnly: state === 'reportOnly',
    conditions: conditionsOf(policy, places),
    grant,
    signInFrequency,
    lifetimeSeconds: lifetimes.get(id),
  }
}

const byId = (one: Policy, other: Policy): number => {
  if (one.id === other.id) return 0
  return one.id < other.id ? -1 : 1
}

/** Compiles the policies of a revision, once. A tenant without policies has the default one. */
export const compilePolicies = ({ policies, locations, lifetimes }: RevisionPolicies): Policies => {
  const places = placesOf(locations)
  const lives = new Map(Object.entries(lifetimes))
  const sorted = decidingPolicies(policies).toSorted(byId)
  return {
    active: sorted.filter(isActive).map((policy) => compiled(policy, places, lives)),
    idle: sorted.filter((policy) => !isActive(policy)),
  }
}
