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
import type { TokenSource, TokenWanted } from './tokenSource.ts'

/** Mayfly takes signed tokens only; what a provider gives for itself is often none. */
const checkForm = ({ accessToken }: Granted): string => {
  if (accessToken.split('.').length === 3) return accessToken
  throw new Refusal(
    'token-source-failed',
    'Cannot use the token of the provider: it is no JWT. Name the API that it is for, with --oidc-scope, --oidc-resource or --oidc-audience.',
  )
}

const signIn = async (provider: OidcProvider, asking: Asking): Promise<Granted> =>
  (await signInByBrowser(provider, asking)) ?? signInByDeviceCode(provider, asking)

/** Lets people sign in at an OpenID provider; what it gives for the next time is kept in memory, and where it is kept besides. */
export const oidcSource = (settings: OidcSettings, world: SignInWorld, keeping: Keeping): TokenSource => {
  const fresh = async (provider: OidcProvider, wanted: TokenWanted): Promise<Granted | undefined> => {
    const kept = wanted.challenge || wanted.signIn ? undefined : await keeping.read()
    const granted = kept === undefined ? undefined : await refresh(provider, kept)
    if (kept !== undefined && !granted) await keeping.forget()
    return granted
  }
  return {
    kind: 'oidc',
    answersChallenges: true,
    async get(wanted, signal) {
      const hadSignIn = (await keeping.read()) !== undefined
      if (!hadSignIn && !wanted.isInteractive) throw interactionRequired(wanted, hadSignIn)
      const provider = await openOidcProvider(settings, signal)
      let granted = await fresh(provider, wanted)
      if (!granted && !wanted.isInteractive) throw interactionRequired(wanted, hadSignIn)
      granted ??= await signIn(provider, { wanted, world, signal })
      if (granted.refreshToken !== undefined) await keeping.write(granted.refreshToken)
      return checkForm(granted)
    },
  }
}
