import { catalogue } from '../../lib/errors/catalogue.ts'
import { askProvider } from '../token/providerFetch.ts'
import { rememberSignIn } from '../token/rememberSignIn.ts'
import type { SignInWorld } from '../token/signInWorld.ts'
import type { EntraSettings, OidcSettings } from '../token/tokenSettings.ts'
import { type Found, notChecked, ok, problem } from './finding.ts'

const timeoutMilliseconds = 20_000

type Settings = OidcSettings | EntraSettings

type Ask = typeof askProvider

const entraFault = async (
  { tenant }: EntraSettings,
  ask: Ask,
  signal: AbortSignal,
): Promise<Found | undefined> => {
  const path = `${encodeURIComponent(tenant)}/v2.0/.well-known/openid-configuration`
  const url = new URL(path, 'https://login.microsoftonline.com/')
  const { status } = await ask({ url, method: 'GET', headers: {} }, signal)
  if (status === 200) return undefined
  return problem(
    `Microsoft Entra answers ${status} for the directory ${tenant}`,
    'Correct the directory: its id, or one of its domains.',
  )
}

/** Asks the provider for what it tells everybody. @throws {Refusal} where it does not answer, or as another */
const providerFault = async (
  settings: Settings,
  ask: Ask,
  signal: AbortSignal,
): Promise<Found | undefined> => {
  if (settings.kind === 'entra') return entraFault(settings, ask, signal)
  const { openOidcProvider } = await import('../token/oidcProvider.ts')
  await openOidcProvider(settings, signal)
  return undefined
}

/**
 * Looks whether the provider of a sign-in answers, and whether a sign-in is remembered. That is not used: a provider may take a
 * refresh token once alone, and the agent has to be the one.
 * @param ask reaches Entra; tests give their own.
 * @throws {Refusal} where the provider does not answer, or what is remembered cannot be read
 */
export const signInFound = async (
  settings: Settings,
  world: SignInWorld & { readonly folder: string },
  ask = askProvider,
): Promise<Found> => {
  const fault = await providerFault(settings, ask, AbortSignal.timeout(timeoutMilliseconds))
  if (fault) return fault
  const name = settings.kind === 'oidc' ? settings.issuer : `Microsoft Entra (${settings.tenant})`
  if (!settings.remember)
    return notChecked(
      `${name} answers; the sign-in is in the memory of the agent alone`,
      'mayfly agent status tells when somebody has to sign in; with remember = true (--remember) a sign-in outlives the agent.',
    )
  if ((await rememberSignIn(settings, world).read()) !== undefined)
    return ok(`${name} answers, and a sign-in is remembered`)
  return problem(
    `${name} answers, but no sign-in is remembered: nobody signed in, or it has ended`,
    catalogue['interaction-required'].remedy,
  )
}
