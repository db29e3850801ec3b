import { renewalPercent } from '../../lib/profile/renewalPercent.ts'
import type { ServerSettings } from './recipe.ts'

/** What passes between two looks of a server at the certificate of a tunnel; seconds. */
export interface MostSeconds {
  /** Of strongSwan, and how long a client then has. */
  readonly reauth: number
  readonly over: number
  /** Of ocserv. */
  readonly rekey: number
}

/** For tenants whose certificates live long. */
const mostReauth = 600

/**
 * How often certificates are looked at again. All of it is less than what is left of one when the client has the next at the
 * latest: it shows that one before the guard ends the session with the first. Five sixths of that are for waiting, and most of
 * the last one for the client.
 */
export const mostSeconds = ({ lifetimeSeconds }: Pick<ServerSettings, 'lifetimeSeconds'>): MostSeconds => {
  const leftPercent = 100 - renewalPercent.latest
  const reauth = Math.min(mostReauth, Math.floor((lifetimeSeconds * leftPercent * 5) / 600))
  return { reauth, over: Math.max(5, Math.floor(reauth / 10)), rekey: Math.floor(reauth / 2) }
}
