import { describeCause } from './requestLine.ts'
import type { SigningIds } from './signingIds.ts'

/** An issuer that failed to sign, while another may have signed in its place. Its key's log may show a signature all the same. */
export interface IssuerFailure extends SigningIds {
  readonly tenant: string
  readonly issuer: string
  readonly cause: unknown
}

/** One structured line of a failed issuer. */
export const formatIssuerFailure = ({ cause, ...failure }: IssuerFailure): string =>
  JSON.stringify({ event: 'issuer-failed', ...failure, cause: describeCause(cause) })
