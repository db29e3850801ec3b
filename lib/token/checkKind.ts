import type { JWSHeaderParameters } from 'jose'
import { Refusal } from '../errors/refusal.ts'
import type { TokenIssuer } from '../tenant/configuration.ts'
import { type ClaimsSet, optionalText, requiredText } from './claimsSet.ts'

const refuseType = (why: string) => new Refusal('token-type-refused', `Cannot accept the token: ${why}.`)

const listed = (client: string, { clients }: TokenIssuer): string => {
  if (clients.includes(client)) return client
  throw new Refusal(
    'token-client-refused',
    'Cannot accept the token: it was issued to a client the tenant does not list.',
  )
}

/**
 * A delegated v2.0 access token of Microsoft Entra. When client and API share an app registration, an ID token has
 * the same audience and signature: only `scp` and `azp` tell the two apart.
 */
const checkEntra = (claims: ClaimsSet, issuer: Extract<TokenIssuer, { kind: 'entra' }>): string => {
  const version = optionalText(claims, 'ver')
  if (version !== '2.0') throw refuseType('its "ver" is not 2.0')
  // Entra says "app" of app-only tokens; whatever else it may come to say of others is not a user.
  if ((optionalText(claims, 'idtyp') ?? 'user') !== 'user') throw refuseType("it is not a user's")
  const scope = optionalText(claims, 'scp')
  if (scope === undefined) throw refuseType('it has no "scp": it is an ID token or an app-only token')
  if (!scope.split(' ').includes(issuer.scope)) {
    const why = `Cannot accept the token: its "scp" lacks ${issuer.scope}.`
    throw new Refusal('token-scope-missing', why, { scope: issuer.scope })
  }
  return listed(requiredText(claims, 'azp'), issuer)
}

/** Tells whether a header has a `typ`, in any of the ways in which media types are written there (RFC 7515 section 4.1.9). */
export const saysType = ({ typ }: JWSHeaderParameters, wanted: string): boolean => {
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : ''
  return type === wanted.toLowerCase()
}

/** An access token whose `typ` says so (RFC 9068 section 4, RFC 8725 section 3.11). */
const checkGeneric = (
  claims: ClaimsSet,
  header: JWSHeaderParameters,
  issuer: Extract<TokenIssuer, { kind: 'generic' }>,
): string => {
  if (!saysType(header, issuer.tokenType)) throw refuseType(`its "typ" is not ${issuer.tokenType}`)
  return listed(requiredText(claims, issuer.clientClaim), issuer)
}

/**
 * Checks that a token is an access token, of a client the tenant lists, of the kind its issuer is configured as.
 * @returns the client.
 * @throws {Refusal} `token-type-refused`, `token-scope-missing`, `token-client-refused` or `token-claim-invalid`
 */
export const checkKind = (claims: ClaimsSet, header: JWSHeaderParameters, issuer: TokenIssuer): string => {
  switch (issuer.kind) {
    case 'entra':
      return checkEntra(claims, issuer)
    case 'generic':
      return checkGeneric(claims, header, issuer)
  }
}
