import type { TokenEndpointResponse } from 'oauth4webapi'
import type { OidcProvider } from './oidcProvider.ts'
import type { SignInWorld } from './signInWorld.ts'
import type { TokenWanted } from './tokenSource.ts'

/** What a provider gives. */
export interface Granted {
  readonly accessToken: string
  /** Good for the next one; undefined where the provider gives none. */
  readonly refreshToken: string | undefined
}

/** How a sign-in is asked for. */
export interface Asking {
  readonly wanted: TokenWanted
  readonly world: SignInWorld
  readonly signal: AbortSignal
}

/** Reads what a provider gives. */
export const grantedIn = (response: TokenEndpointResponse): Granted => ({
  accessToken: response.access_token,
  refreshToken: response.refresh_token,
})

/** Names a provider to people. */
export const named = ({ server }: OidcProvider): string => `the provider ${server.issuer}`
