import { factsAsked } from '../compliance/factsAsked.ts'
import type { CompliancePolicy } from '../compliance/model/compliancePolicy.ts'
import { type Condition, conditionsOf, type Places, placesOf } from './conditionsOf.ts'
import type { PolicyName } from './decision.ts'
import { decidingPolicies } from './model/defaultPolicy.ts'
import type { LivePolicy, NamedLocation, Policy } from './model/policy.ts'
import { signalsNeeded } from './model/signalsNeeded.ts'
import type { FactName } from './signals/factKinds.ts'

/** Gives what one revision of a tenant decides by. */
export interface RevisionPolicies {
  readonly policies: readonly Policy[]
  readonly locations: readonly NamedLocation[]
  /** What a device must meet to be compliant. */
  readonly compliancePolicies: readonly CompliancePolicy[]
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
  /** Where there are any, no device is compliant that does not meet those that are assigned to it. */
  readonly compliance: readonly CompliancePolicy[]
  /** The facts that policies ask for. */
  readonly factsAsked: ReadonlySet<FactName>
  /** The attributes of devices that device filters name. */
  readonly attributesAsked: ReadonlySet<string>
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

type Identified = { readonly id: string }

const byId = (one: Identified, other: Identified): number => {
  if (one.id === other.id) return 0
  return one.id < other.id ? -1 : 1
}

const devicePrefix = 'device.'

const attributesAsked = (policies: readonly LivePolicy[]): ReadonlySet<string> =>
  new Set(
    policies
      .flatMap((policy) => signalsNeeded(policy, []))
      .flatMap((need) => ('signal' in need && need.signal.startsWith(devicePrefix) ? [need.signal] : []))
      .map((signal) => signal.slice(devicePrefix.length)),
  )

/** Compiles the policies of a revision, once. A tenant without policies has the default one. */
export const compilePolicies = (revision: RevisionPolicies): Policies => {
  const { policies, locations, compliancePolicies, lifetimes } = revision
  const places = placesOf(locations)
  const lives = new Map(Object.entries(lifetimes))
  const sorted = decidingPolicies(policies).toSorted(byId)
  const active = sorted.filter(isActive)
  const asksForPlatform = active.some(({ conditions }) => conditions.platforms !== undefined)
  return {
    active: active.map((policy) => compiled(policy, places, lives)),
    idle: sorted.filter((policy) => !isActive(policy)),
    compliance: compliancePolicies.toSorted(byId),
    factsAsked: new Set([
      ...factsAsked(compliancePolicies),
      ...(asksForPlatform ? ['platform' as const] : []),
    ]),
    attributesAsked: attributesAsked(active),
  }
}
