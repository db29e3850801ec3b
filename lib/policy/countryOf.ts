import { type CountryResponse, open } from 'maxmind'
import { addressOf } from '../text/ipAddress.ts'
import type { Signal } from './signals/signal.ts'

/** Tells the country of a client's address: `null` for an address of none, undefined for what is no address. */
export type CountryOf = (clientIp: string) => Signal<string>

/** Names what kinds of database hold a country: MaxMind's own, and those of others in its form. */
const withCountries = /country|city|enterprise/i

/** Writes an address of IPv4 as such: not every database finds one that is mapped into IPv6. */
const lookedUp = (clientIp: string): string | undefined => {
  const [first, ...more] = addressOf(clientIp) ?? []
  if (first === undefined) return undefined
  return more.length > 0 ? clientIp : [24, 16, 8, 0].map((shift) => (first >>> shift) & 0xff).join('.')
}

/**
 * Opens a database in MaxMind's DB format and reads all of it into memory.
 * @throws {Error} for a file that is none, or holds no countries: it would say of every address that it has none.
 */
export const openCountries = async (path: string): Promise<CountryOf> => {
  const reader = await open<CountryResponse>(path)
  const { databaseType, ipVersion } = reader.metadata
  if (!withCountries.test(databaseType))
    throw new Error(`${path} is of the type ${databaseType}, which holds no countries.`)
  return (clientIp) => {
    const address = lookedUp(clientIp)
    // A database of IPv4 alone would take the first bits of the other for an address of its own.
    if (address === undefined || (ipVersion === 4 && address.includes(':'))) return undefined
    const code: unknown = reader.get(address)?.country?.iso_code
    return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : null
  }
}
