import type { RefusalCode } from '../../errors/catalogue.ts'
import type { FactReport, FactSource } from './factKinds.ts'
import type { Answer, Signal } from './signal.ts'
import type { DeviceAttributes, DeviceProof } from './signals.ts'

/** Tells why a source of evidence says less than it could. */
export interface EvidenceTrouble {
  readonly source: FactSource
  /** The refusal that a request gets which is denied for want of what the source would have said. */
  readonly code: RefusalCode
  /** Words that follow "Cannot enroll: " and end without a full stop. They hold nothing secret. */
  readonly why: string
  /** When asking again may help, seconds; undefined where only other evidence does. */
  readonly retryAfterSeconds: number | undefined
}

/** Tells what the directory says of a device. */
export interface DirectoryAnswer {
  /** By the names that device filters have; `null` where the directory has no record of the device, `undefined` where nobody can tell. */
  readonly attributes: Signal<DeviceAttributes>
  /** For each control that the tenant has the directory prove. It is a no where the device is disabled or is not the user's. */
  readonly proofs: Readonly<Partial<Record<DeviceProof, Answer>>>
}

/** What the sources beside the compliance token say of a device. */
export interface DeviceEvidence {
  /** One report for each fact of each source that is configured for it, the silent ones too. */
  readonly facts: readonly FactReport[]
  /** Undefined where the tenant has no directory asked. */
  readonly directory: DirectoryAnswer | undefined
  readonly troubles: readonly EvidenceTrouble[]
}
