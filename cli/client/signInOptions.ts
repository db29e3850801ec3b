import { parseRedirectUri } from '../../client/token/parseRedirectUri.ts'
import type { EntraSettings, OidcSettings } from '../../client/token/tokenSettings.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { flag, type Option, parsed, text, type Values } from '../commandLine/option.ts'

const scopes = (help: string): Option<readonly string[]> => ({
  value: 'SCOPE',
  help,
  isRepeatable: true,
  read: (given = []) => given.flatMap((one) => one.split(' ')).filter((one) => one !== ''),
})

/** The options with which somebody signs in for a token. */
export const signInOptions = {
  oidcIssuer: text('URL', 'the OpenID provider at which somebody signs in with the browser for a token'),
  oidcClient: text('ID', 'the client that is registered there'),
  oidcScope: scopes('to ask for beside openid, and offline_access where the provider has it'),
  oidcAudience: text('AUDIENCE', 'the API the token is for, where the provider takes it as audience'),
  oidcResource: text('URI', 'the API the token is for, where the provider takes it as resource (RFC 8707)'),
  oidcRedirect: parsed(
    'URI',
    'as it is registered (http://127.0.0.1/callback); any port when it has none',
    (given) => {
      parseRedirectUri(given)
      return given
    },
  ),
  entraTenant: text('ID', 'the directory of Microsoft Entra in which somebody signs in for a token'),
  entraClient: text('ID', 'the application that is registered there, as a desktop app of http://localhost'),
  entraScope: scopes('of the API, such as api://APPLICATION/Enroll'),
  allowDeviceCode: flag(
    'where no browser opens, let a code be entered elsewhere: proves the device of that browser, not this one',
  ),
  remember: flag("keep the sign-in for the next time, in the platform's store of secrets"),
}

type SignInValues = Values<typeof signInOptions>

const refuse = (why: string) => new Refusal('usage-wrong', `Cannot sign in: ${why}.`)

const oidcSettings = (values: SignInValues): OidcSettings | undefined => {
  const { oidcIssuer: issuer, oidcClient: clientId, oidcScope: wanted } = values
  const { oidcAudience: audience, oidcResource: resource, oidcRedirect: redirectUri } = values
  const isAbout = [issuer, clientId, audience, resource, redirectUri].some((one) => one !== undefined)
  if (!isAbout && wanted.length === 0) return undefined
  if (issuer === undefined || clientId === undefined)
    throw refuse('--oidc-issuer and --oidc-client go together')
  const { allowDeviceCode, remember } = values
  const api = { audience, resource, redirectUri }
  return { kind: 'oidc', issuer, clientId, scopes: wanted, ...api, allowDeviceCode, remember }
}

const entraSettings = (values: SignInValues): EntraSettings | undefined => {
  const { entraTenant: tenant, entraClient: clientId, entraScope: wanted, allowDeviceCode, remember } = values
  if (tenant === undefined && clientId === undefined && wanted.length === 0) return undefined
  if (tenant === undefined || clientId === undefined || wanted.length === 0)
    throw refuse('--entra-tenant, --entra-client and --entra-scope go together')
  return { kind: 'entra', tenant, clientId, scopes: wanted, allowDeviceCode, remember }
}

/** Reads the sign-ins that options describe. @throws {Refusal} `usage-wrong` for half of one */
export const readSignIns = (values: SignInValues): readonly (OidcSettings | EntraSettings)[] => {
  const signIns = [oidcSettings(values), entraSettings(values)].filter((one) => one !== undefined)
  if (signIns.length === 0 && (values.allowDeviceCode || values.remember))
    throw refuse('--allow-device-code and --remember are for --oidc-issuer and --entra-tenant')
  return signIns
}
