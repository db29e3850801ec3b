import { None, processRefreshTokenResponse, refreshTokenGrantRequest } from 'oauth4webapi'
import { type Granted, grantedIn, named } from './granted.ts'
import { type OidcProvider, targetOf } from './oidcProvider.ts'
import { isOAuthError, refusing } from './refuseOAuth.ts'

/**
 * Gets a fresh token for one that is good for it.
 * @returns undefined where the provider does not take it any more: it ended, was revoked, or was used before.
 */
export const refresh = async (provider: OidcProvider, refreshToken: string): Promise<Granted | undefined> => {
  const { server, client, requests } = provider
  const ask = async (): Promise<Granted | undefined> => {
    const response = await refreshTokenGrantRequest(server, client, None(), refreshToken, {
      ...requests,
      additionalParameters: targetOf(provider),
    })
    const granted = grantedIn(await processRefreshTokenResponse(server, client, response))
    // RFC 6749 section 6: without a new one, the old one stays good.
    return { ...granted, refreshToken: granted.refreshToken ?? refreshToken }
  }
  return refusing(named(provider), () =>
    ask().catch((error: unknown) => {
      if (isOAuthError(error, 'invalid_grant')) return undefined
      throw error
    }),
  )
}
