import {
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  None,
  processAuthorizationCodeResponse,
  validateAuthResponse,
} from 'oauth4webapi'
import { Refusal } from '../../lib/errors/refusal.ts'
import { askInBrowser } from './askInBrowser.ts'
import { mayUseDeviceCode } from './signInByDeviceCode.ts'
import { type Asking, type Granted, grantedIn, named } from './granted.ts'
import { type OidcProvider, scopesFor, targetOf, wantedOf } from './oidcProvider.ts'
import { refusing } from './refuseOAuth.ts'

/** Where a client that says nothing else is registered: any port of this machine. */
const usualRedirect = 'http://127.0.0.1/callback'

const authorizationEndpoint = ({ server: { authorization_endpoint: endpoint = '' } }: OidcProvider): URL => {
  if (URL.canParse(endpoint)) return new URL(endpoint)
  throw new Refusal('token-source-failed', 'Cannot sign in: the provider has no authorization endpoint.')
}

/**
 * Has somebody sign in with the browser: authorization code with PKCE (RFC 7636), `state`, `nonce`, and `iss` (RFC 9207).
 * @returns undefined where no browser opens and a device code may help.
 */
export const signInByBrowser = async (
  provider: OidcProvider,
  { wanted, world, signal }: Asking,
): Promise<Granted | undefined> => {
  const { server, client, settings, requests } = provider
  const [state, nonce, verifier] = [
    generateRandomState(),
    generateRandomNonce(),
    generateRandomCodeVerifier(),
  ]
  const challenge = await calculatePKCECodeChallenge(verifier)
  const authorizationUrl = (redirectUri: string): URL => {
    const url = authorizationEndpoint(provider)
    const parameters = {
      ...wantedOf(provider, wanted),
      // OpenID Connect Core section 11.
      ...(scopesFor(provider).includes('offline_access') ? { prompt: 'consent' } : {}),
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: redirectUri,
      state,
      nonce,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return url
  }
  const asked = {
    redirectUri: settings.redirectUri ?? usualRedirect,
    state,
    authorizationUrl,
    tellUrl: !mayUseDeviceCode(provider),
    signal,
  }
  const answer = await askInBrowser(asked, world)
  if (!answer) return undefined
  return refusing(named(provider), async () => {
    const code = validateAuthResponse(server, client, answer.parameters, state)
    const response = await authorizationCodeGrantRequest(
      server,
      client,
      None(),
      code,
      answer.redirectUri,
      verifier,
      { ...requests, additionalParameters: targetOf(provider) },
    )
    const expected = {
      expectedNonce: nonce,
      requireIdToken: true,
      ...(wanted.signIn?.maxAgeSeconds === undefined ? {} : { maxAge: wanted.signIn.maxAgeSeconds }),
    }
    return grantedIn(await processAuthorizationCodeResponse(server, client, response, expected))
  })
}
