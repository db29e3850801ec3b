/** The ids of one use of a key: ours, and that of the key's own log. */
export interface SigningIds {
  /** The UUID that the key was given; the ledger row of what it signed has it. */
  readonly requestId: string
  /** The id under which the key's own log shows the signature; empty for a local key, and where no answer told it. */
  readonly vaultRequestId: string
}
