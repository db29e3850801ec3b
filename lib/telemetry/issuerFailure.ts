import { describeCause } from './requestLine.ts'

/** An issuer that failed to sign, while another may have signed in its place. */
export interface IssuerFailure {
  readonly tenant: string
  readonly issuer: string
  /** The UUID under which the key's own log may show a signature all the same. */
  readonly requestId: string
  readonly cause: unknown
}

/** One structured line of a failed issuer. */
export const formatIssuerFailure = ({ cause, ...failure }: IssuerFailure): string =>
  JSON.stringify({ event: 'issuer-failed', ...failure, cause: describeCause(cause) })
