/** What a client proves itself with. */
export interface Credential {
  readonly name: string
  /** By what name the client says it goes, where a protocol asks: a UPN. */
  readonly user: string
  /** PEM; empty for who has none. */
  readonly key: string
  readonly leaf: string
  /** PEM of each certificate that is sent after the leaf. */
  readonly chain: readonly string[]
  /** PEM of roots that the client holds: charon sends an issuer only where it can build the path to one. */
  readonly roots?: readonly string[]
}
