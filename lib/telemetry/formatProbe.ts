import type { SigningIds } from './signingIds.ts'

/** A signature over octets that are no certificate, made to see that a key works. */
export interface ProbeSignature extends SigningIds {
  readonly tenant: string
  readonly issuer: string
}

/** One structured line, which explains to an auditor what the key's log shows and the ledger does not. */
export const formatProbe = ({ tenant, issuer, requestId, vaultRequestId }: ProbeSignature): string =>
  JSON.stringify({ event: 'probe-signed', tenant, issuer, requestId, vaultRequestId })
