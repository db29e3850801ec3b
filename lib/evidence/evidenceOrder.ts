import type { Deadline, Wait } from '../deadline/deadline.ts'
import type { DeviceEvidence, EvidenceTrouble } from '../policy/signals/deviceEvidence.ts'
import type { FactName, FactReport } from '../policy/signals/factKinds.ts'
import type { EvidenceSources } from '../tenant/evidence.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'
import type { VerifiedCsr } from '../x509/verifyCsr.ts'

/** The tokens about the device that a request brings along, JWS compact serialization, unchecked. */
export interface PresentedEvidence {
  readonly posture: string | undefined
  readonly attestation: string | undefined
}

/** Asks what is known of the device of one request, by all that was verified of it before. */
export interface EvidenceOrder {
  readonly token: VerifiedToken
  readonly csr: VerifiedCsr
  readonly presented: PresentedEvidence
  /** What the tenant's configuration says; undefined where it says nothing of evidence. */
  readonly configured: EvidenceSources | undefined
  /** The facts that the tenant's policies ask for. */
  readonly asked: ReadonlySet<FactName>
  readonly now: Date
  /** How to wait for keys that are not known. */
  readonly wait: Wait
  /** The time of all that is waited for here. */
  readonly deadline: Deadline
  /** Tells whether the directory's word can matter, given what the tokens say: its limits are few. */
  readonly isWorthAsking: (soFar: DeviceEvidence) => boolean
}

/** What one token about the device says, or why it says nothing. */
export interface TokenWord {
  /** One report for each fact that the tenant has tokens of this kind tell, silent or not. */
  readonly facts: readonly FactReport[]
  readonly troubles: readonly EvidenceTrouble[]
}
