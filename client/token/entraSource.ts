import {
  type AuthenticationResult,
  AuthError,
  CryptoProvider,
  InteractionRequiredAuthError,
  PublicClientApplication,
} from '@azure/msal-node'
import { Refusal } from '../../lib/errors/refusal.ts'
import { printable } from '../printable.ts'
import { askInBrowser } from './askInBrowser.ts'
import { decodeClaims } from './decodeClaims.ts'
import type { Keeping } from './keepSignIn.ts'
import { type MsalNetwork, msalNetwork, signInOf } from './msalNetwork.ts'
import { deviceCodeWarning } from './deviceCodeWarning.ts'
import { interactionRequired } from './interactionRequired.ts'
import type { askProvider } from './providerFetch.ts'
import type { SignInWorld } from './signInWorld.ts'
import type { EntraSettings } from './tokenSettings.ts'
import { untilAborted } from './untilAborted.ts'
import type { TokenSource, TokenWanted } from './tokenSource.ts'

/** One request for a token, with the cache of MSAL that it begins with. */
interface Session {
  readonly app: PublicClientApplication
  readonly network: MsalNetwork
  readonly settings: EntraSettings
  readonly wanted: TokenWanted
  readonly world: SignInWorld
  readonly signal: AbortSignal
}

/** As it is registered for desktop apps; Entra takes any port of it. */
const redirectUri = 'http://localhost'

const refuse = ({ network, signal }: Session, error: unknown): Refusal => {
  signal.throwIfAborted()
  const fault = network.fault() ?? error
  if (fault instanceof Refusal) return fault
  const told = error instanceof Error ? error.message : String(error)
  return new Refusal('token-source-failed', `Cannot get a token: Microsoft Entra says ${printable(told)}.`)
}

/** Does what MSAL does, and refuses in words what it throws, without what was answered. */
const refusing = async <T>(session: Session, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw refuse(session, error)
  }
}

const requestOf = ({ settings: { scopes }, wanted: { challenge } }: Session) => ({
  scopes: [...scopes],
  ...(challenge ? { claims: decodeClaims(challenge.claims) } : {}),
})

/**
 * Gets a fresh token by the sign-in of before.
 * @returns undefined where somebody has to sign in.
 */
const silently = async (session: Session): Promise<AuthenticationResult | undefined> => {
  const { app, wanted } = session
  const [account] = await app.getTokenCache().getAllAccounts()
  // Entra tells nobody how old a sign-in is that it did not ask for.
  if (!account || wanted.signIn) return undefined
  return refusing(session, () =>
    // What is cached was issued before: Mayfly takes it for too old.
    app.acquireTokenSilent({ ...requestOf(session), account, forceRefresh: true }).catch((error: unknown) => {
      const isOver = error instanceof AuthError && error.errorCode === 'invalid_grant'
      if (isOver || error instanceof InteractionRequiredAuthError) return undefined
      throw error
    }),
  )
}

const byBrowser = async (session: Session): Promise<AuthenticationResult | undefined> => {
  const { app, settings, wanted, world, signal } = session
  const crypto = new CryptoProvider()
  const [state, nonce] = [crypto.createNewGuid(), crypto.createNewGuid()]
  const { verifier, challenge } = await crypto.generatePkceCodes()
  const authorizationUrl = async (uri: string): Promise<URL> => {
    const url = await refusing(session, () =>
      app.getAuthCodeUrl({
        ...requestOf(session),
        redirectUri: uri,
        responseMode: 'query',
        codeChallenge: challenge,
        codeChallengeMethod: 'S256',
        state,
        nonce,
        prompt: wanted.signIn ? 'login' : 'select_account',
      }),
    )
    return new URL(url)
  }
  const tellUrl = !settings.allowDeviceCode
  const answer = await askInBrowser({ redirectUri, state, authorizationUrl, tellUrl, signal }, world)
  if (!answer) return undefined
  const { parameters } = answer
  const code = parameters.get('code')
  if (code === null) {
    const told = [parameters.get('error'), parameters.get('error_description')].join(': ')
    throw new Refusal('token-source-failed', `Cannot get a token: Microsoft Entra says ${printable(told)}.`)
  }
  const request = {
    ...requestOf(session),
    code,
    codeVerifier: verifier,
    redirectUri: answer.redirectUri,
    nonce,
  }
  return refusing(session, () => app.acquireTokenByCode(request))
}

const byDeviceCode = async (session: Session): Promise<AuthenticationResult | null> => {
  const { app, world, signal } = session
  const request = {
    ...requestOf(session),
    timeout: Math.ceil(world.signInMilliseconds / 1000),
    cancel: false,
    deviceCodeCallback: ({ verificationUri, userCode }: { verificationUri: string; userCode: string }) =>
      world.tell(`${deviceCodeWarning}\nOpen ${printable(verificationUri)} and enter ${printable(userCode)}`),
  }
  // MSAL looks at it when it asks again, which may be in a while.
  const got = refusing(session, () => app.acquireTokenByDeviceCode(request))
  try {
    return await untilAborted(got, signal)
  } finally {
    request.cancel = true
    got.catch(() => undefined)
  }
}

const signIn = async (session: Session): Promise<AuthenticationResult> => {
  const result = (await byBrowser(session)) ?? (await byDeviceCode(session))
  if (result) return result
  throw new Refusal('token-source-failed', 'Cannot get a token: Microsoft Entra gave none.')
}

const openSession = async (
  given: Omit<Session, 'app' | 'network'>,
  ask: typeof askProvider | undefined,
): Promise<Session> => {
  const network = msalNetwork(given.signal, ask)
  const { clientId, tenant } = given.settings
  const app = new PublicClientApplication({
    auth: {
      clientId,
      authority: `https://login.microsoftonline.com/${encodeURIComponent(tenant)}`,
      // Says that claims challenges are understood.
      clientCapabilities: ['CP1'],
    },
    system: { networkClient: network.module },
  })
  return { app, network, ...given }
}

/**
 * Lets people sign in at Microsoft Entra, by its own library.
 * @param ask reaches Entra; tests give their own.
 */
export const entraSource = (
  settings: EntraSettings,
  {
    world,
    keeping,
    ask,
  }: { readonly world: SignInWorld; readonly keeping: Keeping; readonly ask?: typeof askProvider },
): TokenSource => ({
  kind: 'entra',
  answersChallenges: true,
  async get(wanted, signal) {
    const session = await openSession({ settings, wanted, world, signal }, ask)
    const cache = session.app.getTokenCache()
    const kept = await keeping.read()
    if (kept !== undefined) cache.deserialize(kept)
    let result = await silently(session)
    if (!result && kept !== undefined && !wanted.challenge && !wanted.signIn) await keeping.forget()
    if (!result && !wanted.isInteractive) throw interactionRequired(wanted, kept !== undefined)
    result ??= await signIn(session)
    await keeping.write(signInOf(cache.serialize()))
    return result.accessToken
  },
})
