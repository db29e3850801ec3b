import type { Answer, ProvableControl } from './signals.ts'

/** A policy by what people call it. */
export interface PolicyName {
  readonly id: string
  readonly displayName: string
}

/** The conditions of a policy, in the order in which they are asked. */
export const conditionNames = [
  'users',
  'applications',
  'platforms',
  'locations',
  'deviceFilter',
  'signInRisk',
  'userRisk',
  'insiderRisk',
  'transferMethods',
] as const
export type ConditionName = (typeof conditionNames)[number]

/** A control that is asked for: how it is proven, if anything can, and what people call it. */
export interface NamedControl {
  /** Undefined for a control that nothing here can prove. */
  readonly control: ProvableControl | undefined
  readonly displayName: string
}

/** A control, and whether it is proven. */
export interface ControlAnswer extends NamedControl {
  readonly proven: Answer
}

/** One thing that a policy asks for and that is not there; a policy fails as long as one is missing. */
export type Missing =
  | { readonly kind: 'block' }
  /** Any one of these controls would do. */
  | { readonly kind: 'controls'; readonly oneOf: readonly ControlAnswer[] }
  /** A sign-in at most so many seconds old; `past` tells whether it is older, or nobody knows. */
  | { readonly kind: 'signIn'; readonly seconds: number; readonly past: Answer }

/** When the life of a certificate must end, and which policy says so. */
export interface LifeCap {
  /** Seconds since 1970. */
  readonly endsAt: number
  readonly policy: PolicyName
  readonly by: 'signInFrequency' | 'lifetimes'
}

/** What came of a policy that applied, for certain or because nobody can tell. */
export interface AppliedPolicy {
  readonly policy: PolicyName
  readonly isReportOnly: boolean
  /** The conditions that nobody can tell; empty where all of them matched for certain. */
  readonly unknown: readonly ConditionName[]
  /** Empty where the policy is satisfied. */
  readonly missing: readonly Missing[]
  /** Whether it permits a certificate: satisfied, matched for certain, and a proof of the device that it asks for held. */
  readonly permits: boolean
  /** Undefined where the policy does not shorten the life. */
  readonly cap: LifeCap | undefined
}

/** A certificate may be issued. */
export interface Allowed {
  readonly kind: 'allow'
  /** The first policy that permits, by its id. */
  readonly permittedBy: PolicyName
  /** The device proof of that policy that held. */
  readonly proof: NamedControl
  /** The earliest end that a policy in force wants; undefined where none does. */
  readonly cap: LifeCap | undefined
  /** Those in force and those that only report, by their ids. */
  readonly applied: readonly AppliedPolicy[]
}

/** Tells why a certificate is denied. */
export type DenialCause =
  /** A policy that applied blocks. */
  | 'blocked'
  /** A policy that applied is not satisfied. */
  | 'notSatisfied'
  /** No policy that is in force applied. */
  | 'nothingApplied'
  /** All that applied are satisfied, and none that applied for certain asked for the device proof that held. */
  | 'complianceNotRequired'

/** No certificate may be issued. */
export interface Denied {
  readonly kind: 'deny'
  readonly cause: DenialCause
  readonly applied: readonly AppliedPolicy[]
}

/** What the policies of a tenant make of a request. It can be written as JSON, and read back the same. */
export type Decision = Allowed | Denied
