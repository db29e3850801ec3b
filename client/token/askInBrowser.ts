import { Refusal } from '../../lib/errors/refusal.ts'
import { isSecureUrl } from './isSecureUrl.ts'
import { listenForRedirect } from './listenForRedirect.ts'
import { openBrowser } from './openBrowser.ts'
import type { SignInWorld } from './signInWorld.ts'

export interface BrowserSignIn {
  /** As it is registered with the provider. */
  readonly redirectUri: string
  /** Nobody else can know it. */
  readonly state: string
  /** Where the user signs in, such that the answer comes to this URI. */
  readonly authorizationUrl: (redirectUri: string) => Promise<URL> | URL
  /** Where no browser opens: whether somebody is told the URL, who may have one. */
  readonly tellUrl: boolean
  readonly signal: AbortSignal
}

/** What came back from the browser. */
export interface BrowserAnswer {
  /** Those of the provider: checked for `state`, and for nothing else. */
  readonly parameters: URLSearchParams
  /** The URI they came to. */
  readonly redirectUri: string
}

const invite = async (url: URL, tellUrl: boolean, world: SignInWorld): Promise<boolean> => {
  if (!isSecureUrl(url))
    throw new Refusal('token-source-failed', `Cannot sign in at ${url.origin}: it is neither https nor here.`)
  if (await openBrowser(url, world)) {
    world.tell('Sign in with the browser that has opened.')
    return true
  }
  if (tellUrl) world.tell(`Sign in with a browser on this machine: ${url.href}`)
  return tellUrl
}

/**
 * Has somebody sign in with the browser of this machine (RFC 8252).
 * @returns undefined where no browser opens, and nobody is to be told the URL.
 * @throws {Refusal} `token-source-failed` when nobody came back in time; the reason of the signal
 */
export const askInBrowser = async (
  { redirectUri, state, authorizationUrl, tellUrl, signal }: BrowserSignIn,
  world: SignInWorld,
): Promise<BrowserAnswer | undefined> => {
  const redirect = await listenForRedirect(redirectUri, state)
  const limit = AbortSignal.timeout(world.signInMilliseconds)
  try {
    if (!(await invite(await authorizationUrl(redirect.uri), tellUrl, world))) return undefined
    const parameters = await redirect.answer(AbortSignal.any([signal, limit]))
    return { parameters, redirectUri: redirect.uri }
  } catch (error) {
    if (!limit.aborted || signal.aborted) throw error
    const minutes = Math.round(world.signInMilliseconds / 60_000)
    throw new Refusal(
      'token-source-failed',
      `Cannot get a token: nobody signed in within ${minutes} minutes.`,
    )
  } finally {
    redirect.close()
  }
}
