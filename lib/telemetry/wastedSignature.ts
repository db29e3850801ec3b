import type { WasteReason } from './metrics.ts'
import type { SigningIds } from './signingIds.ts'

/** A signature that no ledger row holds, as far as is known. */
export interface WastedSignature extends SigningIds {
  readonly tenant: string
  readonly issuer: string
  readonly reason: WasteReason
}

/** One structured line, which explains to an auditor what the key's log shows and the ledger does not. */
export const formatWastedSignature = ({
  tenant,
  issuer,
  requestId,
  vaultRequestId,
  reason,
}: WastedSignature): string =>
  JSON.stringify({ event: 'signature-wasted', tenant, issuer, requestId, vaultRequestId, reason })
