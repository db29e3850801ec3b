import { graphOrigins } from '../../lib/directory/graphOrigins.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Configuration, TokenIssuer } from '../../lib/tenant/configuration.ts'
import { contextsOf } from '../../lib/tenant/proofs.ts'
import { tokenSourceOf } from '../../lib/tenant/tokenSource.ts'
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { Examination, TenantExamination } from './examination.ts'
import { type Found, notChecked, ok, problem, warning } from '../../client/check/finding.ts'

type EntraIssuer = Extract<TokenIssuer, { readonly kind: 'entra' }>

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** Reads one member of each object of a collection; null and absent are empty, as Graph means them. */
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Names the optional claims that the tokens of an issuer have to carry for what the tenant asks of them. */
const wantedClaims = (issuer: EntraIssuer, { certificate }: Configuration): readonly string[] => [
  'upn',
  ...(certificate.sid.mode === 'off' ? [] : [issuer.sidClaim]),
  ...(contextsOf(issuer).length > 0 ? ['acrs', 'xms_cc'] : []),
]

/** Lists what is wrong with a registration, an `application` of Microsoft Graph v1.0. */
const faultsOf = (
  registration: unknown,
  issuer: EntraIssuer,
  configuration: Configuration,
): readonly string[] => {
  const api = member(registration, 'api')
  const hasScope = listed(member(api, 'oauth2PermissionScopes')).some(
    (scope) => member(scope, 'value') === issuer.scope && member(scope, 'isEnabled') === true,
  )
  const accessToken = listed(member(member(registration, 'optionalClaims'), 'accessToken'))
  const claims = accessToken.map((claim) => member(claim, 'name'))
  const missing = wantedClaims(issuer, configuration).filter((name) => !claims.includes(name))
  return [
    member(api, 'requestedAccessTokenVersion') !== 2 &&
      'it issues v1 tokens: set requestedAccessTokenVersion to 2 in its manifest',
    !hasScope && `it exposes no enabled scope ${issuer.scope}`,
    missing.length > 0 && `its access tokens lack the optional claims ${missing.join(', ')}`,
  ].filter((fault) => fault !== false)
}

const page = 'docs/entra.md has it step by step.'

const judgeRegistration = (
  registration: unknown,
  issuer: EntraIssuer,
  configuration: Configuration,
): Found => {
  const faults = faultsOf(registration, issuer, configuration)
  if (faults.length > 0) return problem(faults.join('; '), `Change the registration: ${page}`)
  const found = 'v2 tokens, with the scope and the claims that the configuration needs'
  const known = listed(member(member(registration, 'api'), 'preAuthorizedApplications'))
  const authorized = known.map((client) => member(client, 'appId'))
  const unauthorized = issuer.clients.filter((client) => !authorized.includes(client))
  if (unauthorized.length === 0) return ok(found)
  return warning(
    `${found}; users are asked for consent by ${unauthorized.slice(0, 3).join(', ')}`,
    `Authorize these clients there beforehand: ${page}`,
  )
}

const unread = ({ audience }: EntraIssuer, why: string): Found =>
  notChecked(
    `the app registration ${audience} cannot be read from here: ${why}`,
    `Look at it in the Entra admin center: ${page}`,
  )

const registrationFound = async (
  issuer: EntraIssuer,
  configuration: Configuration,
  { readGraph }: Examination,
): Promise<Found> => {
  const origin = graphOrigins[issuer.signInOrigin]
  if (!readGraph) return unread(issuer, 'this deployment is not in Azure')
  if (origin === undefined) return unread(issuer, `no Graph is known for ${issuer.signInOrigin}`)
  const path = `applications(appId='${encodeURIComponent(issuer.audience)}')?$select=api,optionalClaims`
  try {
    const { status, body } = await readGraph(origin, path)
    if (status === 200) return judgeRegistration(body, issuer, configuration)
    const absent = 'it is not in the directory that is signed in to'
    return unread(issuer, status === 404 ? absent : `Graph answers ${status}`)
  } catch (error) {
    return unread(issuer, error instanceof Refusal ? error.detail : 'Graph does not answer')
  }
}

const registrationsFound = async ({
  revision,
  examination,
}: TenantExamination): Promise<readonly Found[]> => {
  const { configuration } = await dependOn('tenant-configuration', revision)
  return Promise.all(
    configuration.tokenIssuers
      .filter((issuer) => issuer.kind === 'entra')
      .map(async (issuer) => ({
        ...(await registrationFound(issuer, configuration, examination)),
        subject: tokenSourceOf(issuer).issuer,
      })),
  )
}

/** Checks whether the app registrations behind the audiences of a tenant make tokens that it takes. */
export const registrationChecks = (tenant: TenantExamination): readonly Check[] =>
  checksOf(tenant, { 'entra-registration': registrationsFound })
