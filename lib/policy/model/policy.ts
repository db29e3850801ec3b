import type { Rule } from '../filter/rule.ts'
import type { Platform } from '../signals/signal.ts'
import type { GuestType, InsiderRiskLevel, RiskLevel, TransferMethod } from '../signals/signals.ts'

/** Guests of some types, of some directories. */
export interface GuestsCondition {
  readonly types: readonly GuestType[]
  /** Ids of directories; `all` for every one. */
  readonly homeTenants: 'all' | readonly string[]
}

/** Names users; whoever fits one of its members is meant. */
export interface UsersCondition {
  /** Everybody, guests too. */
  readonly all: boolean
  /** Graph's `GuestsOrExternalUsers`: guests of any type. */
  readonly anyGuest: boolean
  /** Ids. */
  readonly users: readonly string[]
  readonly groups: readonly string[]
  readonly roles: readonly string[]
  readonly guests: GuestsCondition | undefined
}

/** One condition that includes, and excludes of what it included. */
export interface Included<Condition> {
  readonly include: Condition
  readonly exclude: Condition
}

/** Names places: `All`, `AllTrusted`, or ids of named locations. */
export type LocationId = string

/**
 * What a policy asks of a request. Conditions that are undefined hold for every request; that on applications holds, or the
 * policy were an IdlePolicy.
 */
export interface Conditions {
  readonly users: Included<UsersCondition>
  /** `all` is every platform, also an unknown one. */
  readonly platforms: Included<'all' | readonly Platform[]> | undefined
  readonly locations: Included<readonly LocationId[]> | undefined
  readonly deviceFilter: { readonly mode: 'include' | 'exclude'; readonly rule: Rule } | undefined
  readonly signInRisk: readonly RiskLevel[] | undefined
  readonly userRisk: readonly RiskLevel[] | undefined
  readonly insiderRisk: readonly InsiderRiskLevel[] | undefined
  readonly transferMethods: readonly TransferMethod[] | undefined
}

/** An authentication strength, as Graph expands it. */
export interface Strength {
  readonly id: string
  readonly displayName: string
  /** Such as `fido2` or `password,microsoftAuthenticatorPush`; any one of them is enough. */
  readonly allowedCombinations: readonly string[]
}

/** A control that must be granted. Nothing here can prove one of kind `unprovable`. */
export type Control =
  | { readonly kind: 'compliantDevice' | 'domainJoinedDevice' | 'mfa' }
  | { readonly kind: 'strength'; readonly strength: Strength }
  | { readonly kind: 'unprovable'; readonly name: string }

export type Grant =
  | { readonly kind: 'block' }
  | { readonly kind: 'require'; readonly operator: 'AND' | 'OR'; readonly controls: readonly Control[] }
  /** Session controls alone. */
  | { readonly kind: 'nothing' }

/** How fresh the sign-in must be: within so many seconds, also when `everyTime` (300). */
export interface SignInFrequency {
  readonly seconds: number
  readonly everyTime: boolean
}

interface Identified {
  /** Graph's id, a UUID in lower case; the display name of a policy that has none. */
  readonly id: string
  readonly displayName: string
  readonly state: 'enabled' | 'disabled' | 'reportOnly'
}

/** A policy that can never apply here, kept and listed; nobody looks at what else it holds. */
export interface IdlePolicy extends Identified {
  /** Why, in words that follow "can never apply here:". */
  readonly never: string
}

/** A policy that may apply to a request. */
export interface LivePolicy extends Identified {
  readonly never: undefined
  readonly conditions: Conditions
  readonly grant: Grant
  readonly signInFrequency: SignInFrequency | undefined
  /** Session controls that are set and mean nothing for a certificate, by Graph's names. */
  readonly meaningless: readonly string[]
}

/** A conditional-access policy as this service understands it. */
export type Policy = LivePolicy | IdlePolicy

/** A named location: networks, or countries. */
export type NamedLocation =
  | {
      readonly kind: 'networks'
      readonly id: string
      readonly displayName: string
      readonly isTrusted: boolean
      /** CIDR, IPv4 and IPv6. */
      readonly ranges: readonly string[]
    }
  | {
      readonly kind: 'countries'
      readonly id: string
      readonly displayName: string
      /** ISO 3166-1 alpha-2. */
      readonly countries: readonly string[]
      /** Whether an address that is known to be of no country is in one of these. */
      readonly includesUnknown: boolean
    }
