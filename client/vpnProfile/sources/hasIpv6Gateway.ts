import { readFile } from 'node:fs/promises'

/** Flags of routes: by a gateway (RTF_GATEWAY), which a tunnel has none of, and nowhere (RTF_REJECT). */
const flagged = { byGateway: 0x2, nowhere: 0x2_00 } as const

const lines = (table: string): readonly (readonly string[])[] =>
  table.split('\n').map((line) => line.trim().split(/\s+/))

/** Matches a default route of /proc/net/ipv6_route: destination, its length, source, its length, gateway, metric, use, references, flags, device. */
const leadsOut = ([destination = '', bits, , , , , , , flags = '']: readonly string[]): boolean => {
  const set = parseInt(flags, 16)
  const isWay = (set & flagged.byGateway) !== 0 && (set & flagged.nowhere) === 0
  return /^0{32}$/.test(destination) && bits === '00' && isWay
}

/** Matches a default route of /proc/net/route: device, destination, gateway, flags, and so on, mask. */
const isDefault = ([, destination, , , , , , mask]: readonly string[]): boolean =>
  destination === '00000000' && mask === '00000000'

/**
 * Tells whether a Linux machine has a gateway of IPv6, by its tables of routes.
 * @param ipv6 the text of /proc/net/ipv6_route; undefined where the kernel has no IPv6
 * @param ipv4 the text of /proc/net/route
 * @returns undefined where there is no gateway at all: the network is not up yet, which tells nothing
 */
export const ipv6GatewayIn = (ipv6: string | undefined, ipv4: string): boolean | undefined => {
  if (ipv6 !== undefined && lines(ipv6).some(leadsOut)) return true
  return lines(ipv4).some(isDefault) ? false : undefined
}

const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined)

/** Tells whether this machine has a gateway of IPv6; undefined where it cannot be told. @param platform that of Node.js */
export const hasIpv6Gateway = async (platform: NodeJS.Platform): Promise<boolean | undefined> => {
  if (platform !== 'linux') return undefined
  const [ipv6, ipv4] = await Promise.all(['/proc/net/ipv6_route', '/proc/net/route'].map(textOf))
  return ipv6GatewayIn(ipv6, ipv4 ?? '')
}
