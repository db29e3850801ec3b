import { describeCause } from '../errors/describeCause.ts'

/** The ids of one use of a key: ours, and that of the key's own log. */
export interface SigningIds {
  /** The UUID that the key was given; the ledger row of what it signed has it. */
  readonly requestId: string
  /** The id under which the key's own log shows the signature; empty for a local key, and where no answer told it. */
  readonly vaultRequestId: string
}

interface IssuerSignature extends SigningIds {
  readonly tenant: string
  readonly issuer: string
}

/** Tells an auditor of a signature that no certificate has: it was made to see that a key works. */
export const formatProbe = ({ tenant, issuer, requestId, vaultRequestId }: IssuerSignature): string =>
  JSON.stringify({ event: 'probe-signed', tenant, issuer, requestId, vaultRequestId })

export type WasteReason = 'no answer' | 'race lost' | 'not recorded'

/** A signature that no ledger row holds, as far as is known. */
export interface WastedSignature extends IssuerSignature {
  readonly reason: WasteReason
}

/** Tells an auditor of a signature that the key's log shows and the ledger does not. */
export const formatWastedSignature = ({
  tenant,
  issuer,
  requestId,
  vaultRequestId,
  reason,
}: WastedSignature): string =>
  JSON.stringify({ event: 'signature-wasted', tenant, issuer, requestId, vaultRequestId, reason })

/** An issuer that failed to sign, while another may have signed in its place. Its key's log may show a signature all the same. */
export interface IssuerFailure extends IssuerSignature {
  readonly cause: unknown
}

/** Tells the operator of a failed issuer. */
export const formatIssuerFailure = ({ cause, ...failure }: IssuerFailure): string =>
  JSON.stringify({ event: 'issuer-failed', ...failure, cause: describeCause(cause) })
