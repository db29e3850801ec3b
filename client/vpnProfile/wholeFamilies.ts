import { type IpPrefix, prefixOf, shareOf } from '../../lib/text/ipPrefix.ts'

const prefixes = (...cidrs: readonly string[]): readonly IpPrefix[] =>
  cidrs.flatMap((cidr) => prefixOf(cidr) ?? [])

/** Never leads through a tunnel: this machine, its link, groups of machines, and IPv4 in deprecated spellings (RFC 4291 section 2.5.5.1). */
export const localPrefixes = prefixes(
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '::/96',
  'fe80::/10',
  'ff00::/8',
)

/** Private addresses (RFC 1918, RFC 4193). */
export const privatePrefixes = prefixes('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7')

/** Each family, and what of it no public address lies in: of IPv6, all but 2000::/3 (RFC 4291 section 2.4). */
const families = [
  ['IPv4', 1, [...localPrefixes, ...privatePrefixes].filter(({ address }) => address.length === 1)],
  ['IPv6', 4, prefixes('::/3', '4000::/2', '8000::/1')],
] as const

/** Names the families whose public addresses prefixes hold all of: two halves are a default route, as is 2000::/3. */
export const wholeFamilies = (given: readonly IpPrefix[]): readonly string[] =>
  families.flatMap(([name, words, others]) => {
    const own = given.filter(({ address }) => address.length === words)
    return own.length > 0 && shareOf([...own, ...others]) >= 1 ? [name] : []
  })
