import type { JWSHeaderParameters } from 'jose'
import { Refusal } from '../errors/refusal.ts'
import type { TokenIssuer } from '../tenant/configuration.ts'
import type { Tenant } from '../tenant/tenants.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import { type TokenSource, tokenSourceOf } from '../tenant/tokenSource.ts'
import { checkKind } from './checkKind.ts'
import { checkTimes, type TokenTimes } from './checkTimes.ts'
import { type ClaimsSet, optionalText, requiredString, requiredText } from './claims.ts'
import type { KeySets } from './keySets.ts'
import { type ParsedToken, parseToken } from './parseToken.ts'
import { type TokenAlgorithm, verifiesTokenSignature } from './tokenSignature.ts'
import { parseUpn } from './upn.ts'

interface VerifiedClaims extends TokenTimes {
  readonly tenant: TenantId
  /** The configured issuer whose rules the token passed. */
  readonly tokenIssuer: TokenIssuer
  /** `iss`. */
  readonly issuer: string
  /** Who the token is about, unique within the issuer: `sub`, or Entra's `oid`. */
  readonly subject: string
  /** What tells this token from every other of the issuer: `jti`, or Entra's `uti`. */
  readonly tokenId: string
  /** The client that the token was issued to. */
  readonly client: string
  /** User principal name, lower case, under a suffix of the tenant. */
  readonly upn: string
  /** Active Directory SID as the token says it, not yet held to the tenant's domains. */
  readonly sid: string | undefined
  /** UUID of the device, lower case. */
  readonly deviceId: string | undefined
  /** Thumbprint of the only key that may enroll (`cnf.jkt`, RFC 9449 section 6.1). */
  readonly keyThumbprint: string | undefined
  readonly claims: ClaimsSet
}

/** The names of the claims that say who and which, by kind. */
const claimNames = (issuer: TokenIssuer) => {
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

  /** For the record of a refusal. */
  get identity(): ClaimedIdentity {
    const { claims, tokenIssuer } = this
    const { subject, tokenId, upn } = claimNames(tokenIssuer)
    return {
      issuer: tokenSourceOf(tokenIssuer).issuer,
      subject: claimedText(claims, subject),
      tokenId: claimedText(claims, tokenId),
      upn: claimedText(claims, upn).toLowerCase(),
      deviceId: claimedText(claims, tokenIssuer.deviceIdClaim).toLowerCase(),
    }
  }
}
export type { AuthenticToken }

/** Evidence: a compliance token that passed every check. Only checkToken() makes one. */
class VerifiedToken {
  readonly #verified: VerifiedClaims

  constructor(verified: VerifiedClaims) {
    this.#verified = verified
  }

  /** What the token says. */
  get facts(): VerifiedClaims {
    return this.#verified
  }
}
export type { VerifiedToken }

/**
 * A token has one audience: with two it could be good for two tenants that share an issuer.
 * RFC 7519 section 4.1.3 allows an array; one of a single member is the same thing.
 */
const onlyAudience = ({ aud }: ClaimsSet): unknown => (Array.isArray(aud) && aud.length === 1 ? aud[0] : aud)

const matches = ({ audience, tenantClaim }: TokenSource, claims: ClaimsSet): boolean =>
  onlyAudience(claims) === audience && (!tenantClaim || claims[tenantClaim.claim] === tenantClaim.value)

/** The configured issuer of the token's `iss`; among several the one whose audience and tenant claim fit. */
const chooseIssuer = (claims: ClaimsSet, tenant: Tenant): TokenIssuer => {
  const candidates = tenant.configuration.tokenIssuers.filter(
    (issuer) => tokenSourceOf(issuer).issuer === claims['iss'],
  )
  const chosen = candidates.find((issuer) => matches(tokenSourceOf(issuer), claims)) ?? candidates[0]
  if (chosen) return chosen
  throw new Refusal(
    'token-issuer-unknown',
    'Cannot verify the token: its "iss" is not an issuer the tenant trusts.',
  )
}

const algorithmsOf = (issuer: TokenIssuer): readonly TokenAlgorithm[] =>
  issuer.kind === 'entra' ? ['RS256'] : issuer.algorithms

/** The token's `alg`, which is one of those that its issuer may use. */
const algorithmOf = ({ alg }: JWSHeaderParameters, issuer: TokenIssuer): TokenAlgorithm => {
  const algorithm = algorithmsOf(issuer).find((allowed) => allowed === alg)
  if (algorithm) return algorithm
  throw new Refusal(
    'token-algorithm-refused',
    `Cannot accept the token: its "alg" is not ${algorithmsOf(issuer).join(', ')}.`,
  )
}

const verifySignature = async (token: ParsedToken, issuer: TokenIssuer, keys: KeySets): Promise<void> => {
  const { header, signed, signature } = token
  const algorithm = algorithmOf(header, issuer)
  const key = await keys.resolve(issuer, header)
  if (verifiesTokenSignature({ algorithm, key, signed, signature })) return
  throw new Refusal('token-signature-invalid', 'Cannot accept the token: its signature does not verify.')
}

const checkSource = (claims: ClaimsSet, { audience, tenantClaim }: TokenSource): void => {
  if (onlyAudience(claims) !== audience) {
    throw new Refusal(
      'token-audience-wrong',
      'Cannot accept the token: its only "aud" is not the one the tenant is configured with.',
    )
  }
  if (tenantClaim && claims[tenantClaim.claim] !== tenantClaim.value) {
    throw new Refusal(
      'token-tenant-mismatch',
      `Cannot accept the token: its "${tenantClaim.claim}" is not the tenant's.`,
    )
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const deviceIdOf = (claims: ClaimsSet, claim: string | undefined): string | undefined => {
  const value = claim === undefined ? undefined : optionalText(claims, claim)?.toLowerCase()
  if (value === undefined || uuid.test(value)) return value
  throw new Refusal('token-claim-invalid', `Cannot accept the token: its claim "${claim}" is not a UUID.`)
}

const keyThumbprintOf = ({ cnf }: ClaimsSet): string | undefined => {
  if (cnf === undefined) return undefined
  const [[method, jkt] = [], ...more] = Object.entries(Object(cnf) as Record<string, unknown>)
  const isOnly = method === 'jkt' && more.length === 0
  if (isOnly && typeof jkt === 'string' && /^[A-Za-z0-9_-]{43}$/.test(jkt)) return jkt
  // Bound to a key in a way Mayfly cannot check, perhaps beside one it can: fail closed.
  throw new Refusal(
    'token-claim-invalid',
    'Cannot accept the token: its claim "cnf" is not a JWK thumbprint (jkt) alone.',
  )
}

/**
 * Tells that an issuer of the tenant signed a token; nothing of what it says is looked at, but for its `iss`.
 *
 * @param compact JWS compact serialization.
 * @throws {Refusal} `token-malformed`, `token-issuer-unknown`, `token-algorithm-refused`, `token-key-unknown`,
 *   `token-keys-unavailable` or `token-signature-invalid`
 */
export const authenticateToken = async (
  compact: string,
  tenant: Tenant,
  keys: KeySets,
): Promise<AuthenticToken> => {
  const token = parseToken(compact)
  const tokenIssuer = chooseIssuer(token.claims, tenant)
  await verifySignature(token, tokenIssuer, keys)
  return new AuthenticToken(token, tenant.tenant, tokenIssuer)
}

/**
 * Checks what an authentic token says: RFC 7519 section 4.1 and the rules of the token issuer's kind.
 *
 * @throws {Refusal} `token-audience-wrong`, `token-tenant-mismatch`, those of checkKind() and checkTimes(),
 *   `token-claim-invalid` or `upn-refused`
 */
export const checkToken = (token: AuthenticToken, tenant: Tenant, now: Date): VerifiedToken => {
  const { header, claims, tokenIssuer } = token
  if (token.tenant !== tenant.tenant) throw new Error('The token was authenticated for another tenant.')
  const source = tokenSourceOf(tokenIssuer)
  checkSource(claims, source)
  const client = checkKind(claims, header, tokenIssuer)
  const names = claimNames(tokenIssuer)
  return new VerifiedToken({
    ...checkTimes(claims, now.getTime() / 1000, tokenIssuer),
    tenant: tenant.tenant,
    tokenIssuer,
    issuer: source.issuer,
    subject: requiredText(claims, names.subject),
    tokenId: requiredText(claims, names.tokenId),
    client,
    upn: parseUpn(requiredString(claims, names.upn), tenant.configuration.upn),
    sid: optionalText(claims, tokenIssuer.sidClaim),
    deviceId: deviceIdOf(claims, tokenIssuer.deviceIdClaim),
    keyThumbprint: keyThumbprintOf(claims),
    claims,
  })
}

/** What verifyToken() needs from outside. */
export interface VerifyTokenOptions {
  readonly keys: KeySets
  readonly now: Date
}

/**
 * Verifies a compliance token for a tenant, RFC 7519 section 7.2: its signature, then what it says.
 * @throws {Refusal} those of authenticateToken() and checkToken()
 */
export const verifyToken = async (
  compact: string,
  tenant: Tenant,
  { keys, now }: VerifyTokenOptions,
): Promise<VerifiedToken> => checkToken(await authenticateToken(compact, tenant, keys), tenant, now)
