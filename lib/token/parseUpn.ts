import { Refusal } from '../errors/refusal.ts'
import { isGuestName } from './isGuestName.ts'

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
