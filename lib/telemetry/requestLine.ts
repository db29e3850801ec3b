import type { StageMilliseconds } from './trace.ts'

/** The one log line of a request. It never holds a token, CSR, key or user name. */
export interface RequestLine {
  readonly invocationId: string
  readonly function: string
  /** A syntactically valid tenant id, else empty. */
  readonly tenant: string
  readonly status: number
  /** `ok`, or the code of the refusal. */
  readonly code: string
  readonly milliseconds: number
  /** Those that had ended when the request was answered; stages that overlap add up to more than the whole. */
  readonly stages: StageMilliseconds
  /** The UUID that the key was given with what it signed for the request; absent where it bought nothing. */
  readonly requestId?: string
  /** The id under which the key's own log shows that signature; absent for a local key as well. */
  readonly vaultRequestId?: string
  /** Why a part did not answer, or where a fault arose; absent on ordinary requests. */
  readonly cause?: string
}
