import { Refusal } from '../errors/refusal.ts'
import type { TokenIssuer } from '../tenant/configuration.ts'
import { entraV1Issuers, tokenSourceOf } from '../tenant/tokenSource.ts'
import type { ClaimsSet } from './claimsSet.ts'

/**
 * Entra names a guest after the mail address at home, `ada_partner.example#EXT#`, or with underscores where the registration
 * wants no hash. `#ext#` is nothing else wherever it stands; `_ext_` may be a part of somebody's name, unless it
 * ends the name or follows what looks like a domain.
 */
const followsDomain = (before: string): boolean => {
  const from = before.lastIndexOf('_') + 1
  return from > 0 && before.slice(from + 1, -1).includes('.')
}

/** `unique_name` has the provider where somebody signs in before the mail address: `live.com#ada`. */
const provider = /^(?:live\.com|google\.com|facebook\.com|mail)#/

/** Tells whether the part of a user principal name before the `@` is a guest's. */
const isGuestName = (local: string): boolean => {
  const name = local.toLowerCase()
  const marks = [...name.matchAll(/_(?=ext_)/g)].map(({ index }) => name.slice(0, index))
  return name.includes('#ext#') || name.endsWith('_ext_') || provider.test(name) || marks.some(followsDomain)
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

const withoutSlash = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/\/$/, '') : value

/** `idp` names another directory or provider where somebody signs in there; the own one in either version's spelling. */
const signsInElsewhere = (idp: unknown, issuer: Extract<TokenIssuer, { kind: 'entra' }>): boolean => {
  const home = [tokenSourceOf(issuer).issuer, ...entraV1Issuers(issuer.directoryId)].map(withoutSlash)
  return isSaid(idp) && !home.includes(withoutSlash(idp))
}

/**
 * Tells whether a token of Entra says that its user is a guest: `acct` is other than 0, or `idp` is foreign. Other issuers
 * mean something else by these claims.
 */
export const saysGuest = ({ acct, idp }: ClaimsSet, issuer: TokenIssuer): boolean =>
  issuer.kind === 'entra' && ((isSaid(acct) && acct !== 0 && acct !== '0') || signsInElsewhere(idp, issuer))

/** The tenant's rules for user principal names. */
export interface UpnRules {
  /** The domains a name may end in, lower case. */
  readonly suffixes: readonly string[]
  readonly allowGuests: boolean
}

/**
 * Microsoft Entra's character set, at most 64 characters before the `@`; no dot at either end or beside another, so that
 * a name is a Mailbox as well (RFC 5321 section 4.1.2).
 */
const localPart = /^(?!\.|.*\.\.)[A-Za-z0-9'._!#^~-]{1,64}(?<!\.)$/

const refuse = (why: string) => new Refusal('upn-refused', `Cannot accept the user principal name: ${why}.`)

/**
 * Parses a user principal name and holds it to the tenant's rules.
 * @returns the name in lower case.
 * @throws {Refusal} `upn-refused`, without echoing the name.
 */
export const parseUpn = (value: string, { suffixes, allowGuests }: UpnRules): string => {
  const [local = '', suffix = '', ...more] = value.split('@')
  if (more.length > 0 || suffix === '') throw refuse('it does not have exactly one @')
  // Some letters beyond ASCII have ASCII ones for their lower case: the Kelvin sign is not a k.
  if (!localPart.test(local) || !/^[A-Za-z0-9.-]+$/.test(suffix))
    throw refuse('it has characters that such names do not have')
  if (!suffixes.includes(suffix.toLowerCase())) throw refuse('its suffix is not one the tenant lists')
  if (!allowGuests && isGuestName(local)) throw refuse('it is the name of a guest (#EXT# or _EXT_)')
  return value.toLowerCase()
}
