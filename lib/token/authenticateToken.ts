import { Refusal } from '../errors/refusal.ts'
import type { TokenIssuer } from '../tenant/configuration.ts'
import type { Tenant } from '../tenant/tenants.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import { entraV1Issuers, type TokenSource, tokenSourceOf } from '../tenant/tokenSource.ts'
import { parseUuid } from '../text/parseUuid.ts'
import { advised } from './advised.ts'
import { type ClaimsSet, onlyAudience } from './claimsSet.ts'
import { keySourceOf } from './keySource.ts'
import { type ParsedToken, parseToken } from './parseToken.ts'
import type { TokenAlgorithm } from './tokenSignature.ts'
import { type TokenSigner, verifySigned, type VerifySignedOptions } from './verifySigned.ts'

/** The names of the claims that say who and which, by kind. */
export const claimNames = (issuer: TokenIssuer) => {
  if (issuer.kind === 'entra') return { subject: 'oid', tokenId: 'uti', upn: 'upn' }
  const { subject, tokenId, upn } = issuer.claims
  return { subject, tokenId, upn: typeof upn === 'string' ? upn : upn.claim }
}

/** As many as a claim that is accepted may have, so that who is refused and who is served has one name. */
const maxClaimedCharacters = 512

/** A claim as printable ASCII that can be stored and shown; what is no text counts as not said. */
const claimedText = (claims: ClaimsSet, name: string | undefined): string => {
  const value = name !== undefined && Object.hasOwn(claims, name) ? claims[name] : undefined
  return typeof value === 'string'
    ? value.slice(0, maxClaimedCharacters).replaceAll(/[^\x20-\x7e]/g, '?')
    : ''
}

/** Who a token is about, by its own word: text of an issuer that the tenant trusts, held to nothing else. Empty where it says nothing. */
export interface ClaimedIdentity {
  readonly issuer: string
  readonly subject: string
  readonly tokenId: string
  readonly upn: string
  readonly deviceId: string
}

/** Evidence: a token that an issuer of the tenant signed. Only authenticateToken() makes one. */
class AuthenticToken {
  readonly #parsed: ParsedToken
  readonly tenant: TenantId
  readonly tokenIssuer: TokenIssuer

  constructor(parsed: ParsedToken, tenant: TenantId, tokenIssuer: TokenIssuer) {
    this.#parsed = parsed
    this.tenant = tenant
    this.tokenIssuer = tokenIssuer
  }

  get header(): ParsedToken['header'] {
    return this.#parsed.header
  }

  get claims(): ClaimsSet {
    return this.#parsed.claims
  }

  /** Who asks: unique among the tokens of the tenant. */
  get asker(): Pick<ClaimedIdentity, 'issuer' | 'subject'> {
    const { claims, tokenIssuer } = this
    return {
      issuer: tokenSourceOf(tokenIssuer).issuer,
      subject: claimedText(claims, claimNames(tokenIssuer).subject),
    }
  }

  /** For the record of a refusal. */
  get identity(): ClaimedIdentity {
    const { claims, tokenIssuer } = this
    const { tokenId, upn } = claimNames(tokenIssuer)
    const deviceId = claimedText(claims, tokenIssuer.deviceIdClaim)
    return {
      ...this.asker,
      tokenId: claimedText(claims, tokenId),
      upn: claimedText(claims, upn).toLowerCase(),
      deviceId: parseUuid(deviceId) ?? deviceId.toLowerCase(),
    }
  }
}
export type { AuthenticToken }

const matches = ({ audience, tenantClaim }: TokenSource, claims: ClaimsSet): boolean =>
  onlyAudience(claims) === audience && (!tenantClaim || claims[tenantClaim.claim] === tenantClaim.value)

/** A directory signs tokens of either version with the same keys: so one that checkToken() refuses can be told whose it is. */
const isV1Of = (issuer: TokenIssuer, { iss }: ClaimsSet): boolean =>
  issuer.kind === 'entra' && entraV1Issuers(issuer.directoryId).some((known) => known === iss)

/** The configured issuer of the token's `iss`; among several the one whose audience and tenant claim fit. */
export const chooseIssuer = (
  claims: ClaimsSet,
  { configuration: { tokenIssuers } }: Pick<Tenant, 'configuration'>,
): TokenIssuer => {
  const candidates = tokenIssuers.filter((issuer) => tokenSourceOf(issuer).issuer === claims['iss'])
  const chosen =
    candidates.find((issuer) => matches(tokenSourceOf(issuer), claims)) ??
    candidates[0] ??
    tokenIssuers.find((issuer) => isV1Of(issuer, claims))
  if (chosen) return chosen
  throw new Refusal(
    'token-issuer-unknown',
    'Cannot verify the token: its "iss" is not an issuer the tenant trusts.',
  )
}

/** The algorithms that tokens of an issuer may have. */
export const algorithmsOf = (issuer: TokenIssuer): readonly TokenAlgorithm[] =>
  issuer.kind === 'entra' ? ['RS256'] : issuer.algorithms

const signerOf = (issuer: TokenIssuer): TokenSigner => ({
  ...keySourceOf(issuer),
  algorithms: algorithmsOf(issuer),
})

/**
 * Tells that an issuer of the tenant signed a token; nothing of what it says is looked at, but for its `iss`: the
 * configured one, or that of a v1.0 token of the same directory, which checkToken() refuses.
 *
 * @param compact JWS compact serialization.
 * @throws {Refusal} `token-malformed`, `token-issuer-unknown`, `token-algorithm-refused`, `token-key-unknown`,
 *   `token-keys-unavailable` or `token-signature-invalid`
 */
export const authenticateToken = async (
  compact: string,
  tenant: Tenant,
  options: VerifySignedOptions,
): Promise<AuthenticToken> => {
  const token = parseToken(compact)
  try {
    const tokenIssuer = chooseIssuer(token.claims, tenant)
    await verifySigned(token, signerOf(tokenIssuer), options)
    return new AuthenticToken(token, tenant.tenant, tokenIssuer)
  } catch (error) {
    throw advised(error, { claims: token.claims, issuers: tenant.configuration.tokenIssuers })
  }
}
