import { Refusal } from '../errors/refusal.ts'
import type { Configuration, TokenIssuer } from '../tenant/configuration.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import type { Tenant } from '../tenant/tenants.ts'
import { type TokenSource, tokenSourceOf } from '../tenant/tokenSource.ts'
import { nilUuid, parseUuid } from '../text/parseUuid.ts'
import { advised } from './advised.ts'
import { type AuthenticToken, authenticateToken, claimNames } from './authenticateToken.ts'
import { checkKind } from './checkKind.ts'
import { checkTimes, type TokenTimes } from './checkTimes.ts'
import { type ClaimsSet, onlyAudience, optionalText, requiredString, requiredText } from './claimsSet.ts'
import type { KeySets } from './keySets.ts'
import { parseUpn, saysGuest } from './parseUpn.ts'

interface VerifiedClaims extends TokenTimes {
  readonly tenant: TenantId
  /** The configured issuer whose rules the token passed. */
  readonly tokenIssuer: TokenIssuer
  /** `iss`. */
  readonly issuer: string
  /** Who the token is about, unique within the issuer: `sub`, or Entra's `oid`. */
  readonly subject: string
  /** Tells this token from every other of the issuer: `jti`, or Entra's `uti`. */
  readonly tokenId: string
  /** The client that the token was issued to. */
  readonly client: string
  /** User principal name, lower case, under a suffix of the tenant. */
  readonly upn: string
  /** Active Directory SID as the token says it, not yet held to the tenant's domains; undefined where the tenant has no use for it. */
  readonly sid: string | undefined
  /** UUID of the device, lower case. */
  readonly deviceId: string | undefined
  /** Thumbprint of the only key that may enroll (`cnf.jkt`, RFC 9449 section 6.1). */
  readonly keyThumbprint: string | undefined
  readonly claims: ClaimsSet
}

/** Evidence: a compliance token that passed every check. Only checkToken() makes one. */
class VerifiedToken {
  readonly #verified: VerifiedClaims

  constructor(verified: VerifiedClaims) {
    this.#verified = verified
  }

  get facts(): VerifiedClaims {
    return this.#verified
  }
}
export type { VerifiedToken }

const checkSource = (claims: ClaimsSet, { issuer, audience, tenantClaim }: TokenSource): void => {
  if (claims['iss'] !== issuer) {
    throw new Refusal(
      'token-version-refused',
      "Cannot accept the token: it is a v1 token. Set requestedAccessTokenVersion to 2 in the manifest of the API's app registration, then get a fresh token.",
    )
  }
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

/** Reads the id of the device that a token is of, where its issuer writes one. @throws {Refusal} `token-claim-invalid` */
export const deviceIdOf = (claims: ClaimsSet, claim: string | undefined): string | undefined => {
  const value = claim === undefined ? undefined : optionalText(claims, claim)
  if (value === undefined) return undefined
  const deviceId = parseUuid(value)
  if (deviceId !== undefined) return deviceId === nilUuid ? undefined : deviceId
  throw new Refusal('token-claim-invalid', `Cannot accept the token: its claim "${claim}" is not a UUID.`)
}

/** Security identifiers are read where certificates hold them: an optional claim of no use is no obstacle. */
const sidOf = (claims: ClaimsSet, { sidClaim }: TokenIssuer, { certificate }: Configuration) =>
  certificate.sid.mode === 'off' ? undefined : optionalText(claims, sidClaim)

const upnOf = (claims: ClaimsSet, issuer: TokenIssuer, { upn: rules }: Configuration): string => {
  const upn = parseUpn(requiredString(claims, claimNames(issuer).upn), rules)
  if (rules.allowGuests || !saysGuest(claims, issuer)) return upn
  throw new Refusal(
    'upn-refused',
    "Cannot accept the user principal name: the token says that it is a guest's (acct or idp).",
  )
}

/** Reads the only key that a token may be used with, as `cnf.jkt` names it; undefined where it may be used with any. @throws {Refusal} `token-claim-invalid` */
export const keyThumbprintOf = ({ cnf }: ClaimsSet): string | undefined => {
  if (cnf === undefined || cnf === null) return undefined
  const [[method, jkt] = [], ...more] = Object.entries(Object(cnf) as Record<string, unknown>)
  const isOnly = method === 'jkt' && more.length === 0
  if (isOnly && typeof jkt === 'string' && /^[A-Za-z0-9_-]{43}$/.test(jkt)) return jkt
  // Bound to a key in a way Mayfly cannot check, perhaps beside one it can: fail closed.
  throw new Refusal(
    'token-claim-invalid',
    'Cannot accept the token: its claim "cnf" is not a JWK thumbprint (jkt) alone.',
  )
}

const checkClaims = (token: AuthenticToken, { tenant, configuration }: Tenant, now: Date): VerifiedToken => {
  const { header, claims, tokenIssuer } = token
  const source = tokenSourceOf(tokenIssuer)
  checkSource(claims, source)
  const client = checkKind(claims, header, tokenIssuer)
  const names = claimNames(tokenIssuer)
  return new VerifiedToken({
    ...checkTimes(claims, now.getTime() / 1000, tokenIssuer),
    tenant,
    tokenIssuer,
    issuer: source.issuer,
    subject: requiredText(claims, names.subject),
    tokenId: requiredText(claims, names.tokenId),
    client,
    upn: upnOf(claims, tokenIssuer, configuration),
    sid: sidOf(claims, tokenIssuer, configuration),
    deviceId: deviceIdOf(claims, tokenIssuer.deviceIdClaim),
    keyThumbprint: keyThumbprintOf(claims),
    claims,
  })
}

/**
 * Checks what an authentic token says: RFC 7519 section 4.1 and the rules of the token issuer's kind.
 *
 * @throws {Refusal} `token-version-refused`, `token-audience-wrong`, `token-tenant-mismatch`, those of checkKind() and
 *   checkTimes(), `token-claim-invalid` or `upn-refused`
 */
export const checkToken = (token: AuthenticToken, tenant: Tenant, now: Date): VerifiedToken => {
  if (token.tenant !== tenant.tenant) throw new Error('The token was authenticated for another tenant.')
  try {
    return checkClaims(token, tenant, now)
  } catch (error) {
    throw advised(error, { claims: token.claims, issuers: [token.tokenIssuer] })
  }
}

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
): Promise<VerifiedToken> => checkToken(await authenticateToken(compact, tenant, { keys }), tenant, now)

/**
 * Checks that a token bound to a key (`cnf.jkt`, RFC 9449 section 6.1) is used with that key; a token without the
 * claim may be used with any.
 * @param thumbprint gives the JWK thumbprint of the CSR's key; asked only when the token is bound.
 * @throws {Refusal} `key-binding-mismatch`
 */
export const checkKeyBinding = ({ facts }: VerifiedToken, thumbprint: () => string): void => {
  if (facts.keyThumbprint === undefined || facts.keyThumbprint === thumbprint()) return
  throw new Refusal(
    'key-binding-mismatch',
    'Cannot enroll: the token is bound to a key that is not the one of the request.',
  )
}
