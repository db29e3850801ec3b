import { Refusal } from '../../lib/errors/refusal.ts'
import { interactionRequired } from './interactionRequired.ts'
import type { Keeping } from './keepSignIn.ts'
import { signInByBrowser } from './signInByBrowser.ts'
import { signInByDeviceCode } from './signInByDeviceCode.ts'
import { type Asking, type Granted } from './granted.ts'
import { refresh } from './refresh.ts'
import { type OidcProvider, openOidcProvider } from './oidcProvider.ts'
import type { SignInWorld } from './signInWorld.ts'
import type { OidcSettings } from './tokenSettings.ts'
import type { TokenSource } from './tokenSource.ts'

/** Mayfly takes signed tokens only; what a provider gives for itself is often none. */
const checkForm = (accessToken: string): string => {
  if (accessToken.split('.').length === 3) return accessToken
  throw new Refusal(
    'token-source-failed',
    'Cannot use the token of the provider: it is no JWT. Name the API that it is for, with --oidc-scope, --oidc-resource or --oidc-audience.',
  )
}

const signIn = async (provider: OidcProvider, asking: Asking): Promise<Granted> =>
  (await signInByBrowser(provider, asking)) ?? signInByDeviceCode(provider, asking)

/** Lets people sign in at an OpenID provider; what it gives for the next time is kept. */
export const oidcSource = (settings: OidcSettings, world: SignInWorld, keeping: Keeping): TokenSource => {
  const fresh = async (provider: OidcProvider, kept: string | undefined): Promise<Granted | undefined> => {
    if (kept === undefined) return undefined
    const granted = await refresh(provider, kept)
    if (!granted) await keeping.forget()
    return granted
  }
  return {
    kind: 'oidc',
    answersChallenges: true,
    async get(wanted, signal) {
      const kept = await keeping.read()
      // A refresh changes nothing about the sign-in.
      const isSpent = wanted.challenge !== undefined || wanted.signIn !== undefined
      const refreshToken = isSpent ? undefined : kept
      if (refreshToken === undefined && !wanted.isInteractive)
        throw interactionRequired(wanted, kept !== undefined)
      const provider = await openOidcProvider(settings, signal)
      const granted = await fresh(provider, refreshToken)
      if (!granted && !wanted.isInteractive) throw interactionRequired(wanted, true)
      const { accessToken, refreshToken: next } =
        granted ?? (await signIn(provider, { wanted, world, signal }))
      if (next !== undefined) await keeping.write(next)
      return checkForm(accessToken)
    },
  }
}
