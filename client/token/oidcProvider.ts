import {
  allowInsecureRequests,
  type AuthorizationServer,
  type Client,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
  type TokenEndpointRequestOptions,
} from 'oauth4webapi'
import { Refusal } from '../../lib/errors/refusal.ts'
import { isSecureUrl } from './isSecureUrl.ts'
import { providerFetch } from './providerFetch.ts'
import { refusing } from './refuseOAuth.ts'
import type { OidcSettings } from './tokenSettings.ts'
import type { TokenWanted } from './tokenSource.ts'
import { decodeClaims } from './decodeClaims.ts'

/** An OpenID provider, whose metadata was fetched and is of the issuer that was named. */
export interface OidcProvider {
  readonly server: AuthorizationServer
  readonly client: Client
  readonly settings: OidcSettings
  /** How requests to it are sent. */
  readonly requests: TokenEndpointRequestOptions
}

const parseIssuer = (issuer: string): URL => {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  if (url && isSecureUrl(url) && url.search === '' && url.hash === '') return url
  throw new Refusal(
    'usage-wrong',
    `Cannot use the issuer ${issuer}: it must be an https URL (http on this machine only) without query.`,
  )
}

/**
 * Fetches the metadata of a provider (OpenID Connect Discovery 1.0 section 4).
 * @throws {Refusal} `usage-wrong` for an issuer that is no https URL; `token-source-failed` for metadata of another issuer;
 *   `token-source-unavailable`
 */
export const openOidcProvider = async (
  settings: OidcSettings,
  signal: AbortSignal,
): Promise<OidcProvider> => {
  const issuer = parseIssuer(settings.issuer)
  const requests = {
    [customFetch]: providerFetch(signal),
    [allowInsecureRequests]: issuer.protocol === 'http:',
    signal,
  }
  const server = await refusing(`the provider ${issuer.href}`, async () =>
    processDiscoveryResponse(issuer, await discoveryRequest(issuer, { ...requests, algorithm: 'oidc' })),
  )
  return { server, client: { client_id: settings.clientId }, settings, requests }
}

/** The scopes to ask for: that of a refresh token as well, where the provider tells that it has it. */
export const scopesFor = ({ server, settings: { scopes } }: OidcProvider): readonly string[] => {
  const offline = server.scopes_supported?.includes('offline_access') === true ? ['offline_access'] : []
  return [...new Set(['openid', ...scopes, ...offline])]
}

const given = (parameters: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

/** The parameters that say which API a token is for, the same for every grant. */
export const targetOf = ({ settings: { audience, resource } }: OidcProvider): Record<string, string> =>
  given({ audience, resource })

/** The parameters of a sign-in that say what is wanted of the token (RFC 9470 section 4, OpenID Connect Core section 5.5). */
export const wantedOf = (
  provider: OidcProvider,
  { challenge, signIn }: TokenWanted,
): Record<string, string> => {
  return given({
    scope: scopesFor(provider).join(' '),
    ...targetOf(provider),
    claims: challenge && decodeClaims(challenge.claims),
    acr_values: signIn?.acrValues.join(' ') || undefined,
    max_age: signIn?.maxAgeSeconds?.toString(),
  })
}
