import type { WasteReason } from './metrics.ts'

/** A signature that no ledger row holds, as far as is known. */
export interface WastedSignature {
  readonly tenant: string
  readonly issuer: string
  /** The UUID under which the key's own log shows it. */
  readonly requestId: string
  readonly reason: WasteReason
}

/** One structured line, which explains to an auditor what the key's log shows and the ledger does not. */
export const formatWastedSignature = ({ tenant, issuer, requestId, reason }: WastedSignature): string =>
  JSON.stringify({ event: 'signature-wasted', tenant, issuer, requestId, reason })
