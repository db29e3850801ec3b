import type { FactName } from '../../policy/signals/factKinds.ts'

/** The platforms whose compliance policies are understood. */
export const compliancePlatforms = ['windows', 'macOS'] as const
export type CompliancePlatform = (typeof compliancePlatforms)[number]

/** Says what must be so of one fact of the device. */
export type Requirement = { readonly fact: FactName } & (
  | { readonly kind: 'is'; readonly value: string | boolean }
  | { readonly kind: 'isOneOf'; readonly values: readonly string[] }
  | { readonly kind: 'atLeast' | 'atMost'; readonly value: number }
  /** Versions compare as numbers, part by part; bounds are inclusive. */
  | { readonly kind: 'versionInAnyOf'; readonly ranges: readonly VersionRange[] }
  /** Builds of macOS, such as `23F79`. */
  | { readonly kind: 'buildIn'; readonly range: VersionRange }
)

/** A range of versions, both ends inclusive; a missing end does not bound. */
export interface VersionRange {
  readonly from: string | undefined
  readonly to: string | undefined
}

/** One setting of a compliance policy: all of its requirements must hold. */
export interface Setting {
  /** By Graph's name, such as `storageRequireEncryption`. */
  readonly name: string
  /** What is wanted, for people: `the system drive encrypted`, `version 10.0.22631 or later`. */
  readonly wanted: string
  /** What a user does about it: `encrypt the system drive`. */
  readonly deed: string
  readonly requirements: readonly Requirement[]
}

/** Whom a policy is assigned to. The device must be of the policy's platform in any case. */
export interface Assignment {
  /** Every device, or every user. */
  readonly all: boolean
  /** Ids of groups of users. */
  readonly groups: readonly string[]
  /** Whose users it is not assigned to, whatever else it says. */
  readonly excludedGroups: readonly string[]
}

/** A compliance policy of Intune, understood. */
export interface CompliancePolicy {
  /** The id, or the name of a policy that has none. */
  readonly id: string
  readonly displayName: string
  readonly platform: CompliancePlatform
  readonly assignment: Assignment
  /** One at least. */
  readonly settings: readonly Setting[]
  /** Members that are taken, and mean nothing here. */
  readonly meaningless: readonly string[]
}
