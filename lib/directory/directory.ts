import type { Deadline } from '../deadline/deadline.ts'
import type { DirectoryAnswer, EvidenceTrouble } from '../policy/signals/deviceEvidence.ts'
import type { FactName, FactReport } from '../policy/signals/factKinds.ts'
import type { DeviceProof } from '../policy/signals/signals.ts'

/** Asks the directory about the device that a verified token names. */
export interface DirectoryQuestion {
  /** The id of the directory that the tenant names: any but the deployment's own is not asked. Lower case, as all ids here. */
  readonly directoryId: string
  readonly deviceId: string
  /** The object id of the user in the directory; undefined where the token does not tell it: then nothing is proven. */
  readonly userId: string | undefined
  /** What the tenant has the directory prove. */
  readonly proves: readonly DeviceProof[]
  /** Whether the tenant has Intune tell facts. */
  readonly intune: boolean
  /** The facts that policies ask for: where Intune tells none of them, it is not asked. */
  readonly asked: ReadonlySet<FactName>
}

/** What the directory says of a device, as of now. */
export interface DirectoryWord extends DirectoryAnswer {
  /** One report for each of factsOfDirectory(), silent or not. */
  readonly facts: readonly FactReport[]
  readonly troubles: readonly EvidenceTrouble[]
}

/**
 * The directory of the deployment's own Entra tenant. Safe to call concurrently: who asks the same question while it is asked
 * waits for the same answer. Nothing that was answered is kept. One look-up sends three requests at most, and repeats none;
 * a device that was looked up too often is unknown for a while.
 */
export interface Directory {
  /**
   * Looks a device up. Never throws: what cannot be told for certain is unknown, with a trouble where asking later may help.
   * A device that has no record, is disabled or is not the user's is proven nothing: that is a no, which the directory knows.
   */
  lookUp(question: DirectoryQuestion, deadline: Deadline): Promise<DirectoryWord>
}
