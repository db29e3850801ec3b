import type { Configuration, TokenIssuer } from '../../lib/tenant/configuration.ts'

/** A directory of Entra as a tenant trusts it. */
export type EntraIssuer = Extract<TokenIssuer, { readonly kind: 'entra' }>

/** What is wrong with an app registration, and which of its listed clients ask users for consent. */
export interface JudgedRegistration {
  readonly faults: readonly string[]
  readonly unauthorized: readonly string[]
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** The objects of a collection; null and absent are empty, as Graph means them. */
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The optional claims that the tokens of an issuer have to carry for what the tenant asks of them. */
const wantedClaims = (issuer: EntraIssuer, { certificate }: Configuration): readonly string[] => [
  'upn',
  ...(certificate.sid.mode === 'off' ? [] : [issuer.sidClaim]),
  ...(issuer.complianceProofs.some(({ kind }) => kind === 'authenticationContext') ? ['acrs', 'xms_cc'] : []),
]

/**
 * Judges the app registration behind an issuer's audience.
 * @param registration what Microsoft Graph v1.0 says of it: an `application`.
 */
export const judgeRegistration = (
  registration: unknown,
  issuer: EntraIssuer,
  configuration: Configuration,
): JudgedRegistration => {
  const api = member(registration, 'api')
  const hasScope = listed(member(api, 'oauth2PermissionScopes')).some(
    (scope) => member(scope, 'value') === issuer.scope && member(scope, 'isEnabled') === true,
  )
  const accessToken = member(member(registration, 'optionalClaims'), 'accessToken')
  const claims = new Set(listed(accessToken).map((claim) => member(claim, 'name')))
  const missing = wantedClaims(issuer, configuration).filter((name) => !claims.has(name))
  const clients = new Set(
    listed(member(api, 'preAuthorizedApplications')).map((client) => member(client, 'appId')),
  )
  return {
    faults: [
      ...(member(api, 'requestedAccessTokenVersion') === 2
        ? []
        : ['it issues v1 tokens: set requestedAccessTokenVersion to 2 in its manifest']),
      ...(hasScope ? [] : [`it exposes no enabled scope ${issuer.scope}`]),
      ...(missing.length === 0 ? [] : [`its access tokens lack the optional claims ${missing.join(', ')}`]),
    ],
    unauthorized: issuer.clients.filter((client) => !clients.has(client)),
  }
}
