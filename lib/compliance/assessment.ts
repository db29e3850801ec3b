import type { FactReport } from '../policy/signals/factKinds.ts'
import type { Answer } from '../policy/signals/signal.ts'

/** Tells what one setting of a policy comes to: every report of the facts it asks for must satisfy it. */
export interface AssessedSetting {
  /** By Graph's name. */
  readonly name: string
  readonly wanted: string
  readonly deed: string
  /** Whether it holds: yes is satisfied, no is failed. */
  readonly holds: Answer
  /** Everything that sources say of the facts it asks for; empty where no source is configured. */
  readonly reports: readonly FactReport[]
}

/** Tells what a policy that is assigned, or may be, comes to. */
export interface AssessedPolicy {
  readonly id: string
  readonly displayName: string
  /** Unknown where nobody can tell the platform or the groups: the policy binds, and does not count as the one assigned. */
  readonly assigned: 'yes' | 'unknown'
  readonly holds: Answer
  readonly settings: readonly AssessedSetting[]
}

/** Tells what the compliance policies of a tenant make of a device. */
export interface Assessment {
  /**
   * Whether the device is compliant: yes where a policy is assigned for certain and all that are or may be assigned hold; no
   * where one that is assigned for certain fails; else unknown, also where none is assigned.
   */
  readonly compliant: Answer
  /** Those that are or may be assigned, by their ids. */
  readonly policies: readonly AssessedPolicy[]
}
