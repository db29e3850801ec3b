import {
  deviceAuthorizationRequest,
  deviceCodeGrantRequest,
  None,
  processDeviceAuthorizationResponse,
  processDeviceCodeResponse,
} from 'oauth4webapi'
import { Refusal } from '../../lib/errors/refusal.ts'
import { deviceCodeWarning } from './deviceCodeWarning.ts'
import { type Asking, type Granted, grantedIn, named } from './granted.ts'
import { isSecureUrl } from './isSecureUrl.ts'
import { type OidcProvider, targetOf, wantedOf } from './oidcProvider.ts'
import { isOAuthError, refusing } from './refuseOAuth.ts'

/** Whether a code may stand in for a browser of this machine. */
export const mayUseDeviceCode = ({ server, settings }: OidcProvider): boolean =>
  settings.allowDeviceCode && server.device_authorization_endpoint !== undefined

/** RFC 8628 section 3.2. */
const usualIntervalSeconds = 5

/** Has somebody sign in with a browser elsewhere (RFC 8628). */
export const signInByDeviceCode = async (
  provider: OidcProvider,
  { wanted, world, signal }: Asking,
): Promise<Granted> => {
  const { server, client, requests } = provider
  const none = None()
  const asked = await refusing(named(provider), async () =>
    processDeviceAuthorizationResponse(
      server,
      client,
      await deviceAuthorizationRequest(server, client, none, wantedOf(provider, wanted), requests),
    ),
  )
  const page = URL.canParse(asked.verification_uri) ? new URL(asked.verification_uri) : undefined
  if (!page || !isSecureUrl(page))
    throw new Refusal('token-source-failed', 'Cannot sign in: the page for the code is no https URL.')
  world.tell(`${deviceCodeWarning}\nOpen ${page.href} and enter ${asked.user_code}`)
  const limit = AbortSignal.timeout(Math.min(asked.expires_in * 1000, world.signInMilliseconds))
  const ended = AbortSignal.any([signal, limit])
  const poll = async (): Promise<Granted> => {
    const response = await deviceCodeGrantRequest(server, client, none, asked.device_code, {
      ...requests,
      additionalParameters: targetOf(provider),
    })
    return grantedIn(await processDeviceCodeResponse(server, client, response))
  }
  try {
    for (let seconds = asked.interval ?? usualIntervalSeconds; ;) {
      await world.wait(seconds * 1000, ended)
      const granted = await refusing(named(provider), () => poll().catch(pendingOnly))
      if (typeof granted === 'object') return granted
      seconds += granted
    }
  } catch (error) {
    if (!limit.aborted || signal.aborted) throw error
    throw new Refusal('token-source-failed', 'Cannot get a token: nobody entered the code in time.')
  }
}

/** By how many seconds to ask less often (RFC 8628 section 3.5); throws on what no wait mends. */
const pendingOnly = (error: unknown): number => {
  if (isOAuthError(error, 'authorization_pending')) return 0
  if (isOAuthError(error, 'slow_down') || isUnavailable(error)) return usualIntervalSeconds
  throw error
}

const isUnavailable = (error: unknown): boolean =>
  error instanceof Refusal && error.code === 'token-source-unavailable'
