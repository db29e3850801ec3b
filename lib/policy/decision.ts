import type { Assessment } from '../compliance/assessment.ts'
import type { Answer } from './signals/signal.ts'
import type { DeviceProof, ProvableControl } from './signals/signals.ts'

/** A policy by what people call it. */
export interface PolicyName {
  readonly id: string
  readonly displayName: string
}

/** The conditions of a policy, in the order in which they are asked. */
export type ConditionName =
  | 'users'
  | 'platforms'
  | 'locations'
  | 'deviceFilter'
  | 'signInRisk'
  | 'userRisk'
  | 'insiderRisk'
  | 'transferMethod'

/** A control that is asked for, what people call it, and whether it is proven. */
export interface ControlAnswer {
  /** Undefined for a control that nothing here can prove. */
  readonly control: ProvableControl | undefined
  readonly displayName: string
  readonly proven: Answer
}

/** One thing that a policy asks for and that is not there; a policy fails as long as one is missing. */
export type Missing =
  | { readonly kind: 'block' }
  /** Any one of these controls would do. */
  | { readonly kind: 'controls'; readonly oneOf: readonly ControlAnswer[] }
  /** A sign-in at most so many seconds old: it is older, or nobody can tell. */
  | { readonly kind: 'signIn'; readonly seconds: number; readonly proven: Answer }

/** When the life of a certificate must end, and which policy says so. */
export interface LifeCap {
  /** Seconds since 1970. */
  readonly endsAt: number
  readonly policy: PolicyName
  readonly by: 'signInFrequency' | 'lifetimes'
}

/** Tells what came of a policy that applied, for certain or because nobody can tell. */
export interface AppliedPolicy {
  readonly policy: PolicyName
  readonly isReportOnly: boolean
  /** The conditions that nobody can tell; empty where all of them matched for certain. */
  readonly unknown: readonly ConditionName[]
  /** Empty where the policy is satisfied. */
  readonly missing: readonly Missing[]
  /**
   * The proof of the device by which the policy permits a certificate: it asks for that proof, which held, is satisfied, and
   * matched for certain. Undefined where it does not permit.
   */
  readonly permits: DeviceProof | undefined
  /** Undefined where the policy does not shorten the life. */
  readonly cap: LifeCap | undefined
}

/** A certificate may be issued. */
export interface Allowed {
  readonly kind: 'allow'
  /** The first policy that permits, by its id. */
  readonly permittedBy: PolicyName
  readonly proof: DeviceProof
  /** The earliest end that a policy in force wants; undefined where none does. */
  readonly cap: LifeCap | undefined
  /** Those in force and those that only report, by their ids. */
  readonly applied: readonly AppliedPolicy[]
  /** Left out where the tenant has no compliance policies. */
  readonly compliance?: Assessment
}

/**
 * Tells why a certificate is denied: a policy that applied blocks; one is not satisfied; none in force applied; or all that
 * applied are satisfied, and none that applied for certain asked for the device's proof that held.
 */
export type DenialCause = 'blocked' | 'notSatisfied' | 'nothingApplied' | 'complianceNotRequired'

/** No certificate may be issued. */
export interface Denied {
  readonly kind: 'deny'
  readonly cause: DenialCause
  readonly applied: readonly AppliedPolicy[]
  /** Left out where the tenant has no compliance policies. */
  readonly compliance?: Assessment
}

/** Says what the policies of a tenant make of a request. It can be written as JSON, and read back the same. */
export type Decision = Allowed | Denied
