import type { TokenIssuer } from '../tenant/configuration.ts'
import { tokenSourceOf } from '../tenant/tokenSource.ts'

/** Says where the keys of an issuer of tokens are. */
export interface KeySource {
  /** The exact `iss`. */
  readonly issuer: string
  /** Found by OpenID Connect discovery beneath `issuer` when undefined. */
  readonly jwksUri?: string | undefined
  /** How old the keys may become while the issuer does not answer. */
  readonly maxStaleKeysSeconds: number
}

/** Entra publishes the keys of a directory at one place in each cloud. */
const jwksUriOf = (issuer: TokenIssuer): string | undefined =>
  issuer.kind === 'entra'
    ? `${issuer.signInOrigin.replace(/\/$/, '')}/${issuer.directoryId}/discovery/v2.0/keys`
    : issuer.jwksUri

/** Tells where the keys of an issuer of compliance tokens are. */
export const keySourceOf = (issuer: TokenIssuer): KeySource => ({
  issuer: tokenSourceOf(issuer).issuer,
  jwksUri: jwksUriOf(issuer),
  maxStaleKeysSeconds: issuer.maxStaleKeysSeconds,
})
