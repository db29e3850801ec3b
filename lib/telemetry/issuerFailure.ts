import { describeCause } from './requestLine.ts'

/** One structured line of an issuer that failed to sign, while another may have signed in its place. */
export const formatIssuerFailure = (tenant: string, issuer: string, cause: unknown): string =>
  JSON.stringify({ event: 'issuer-failed', tenant, issuer, cause: describeCause(cause) })
