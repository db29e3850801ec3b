import * as z from 'zod'
import { isLoopback } from '../proxyFor.ts'
import { addressOf, compareAddresses, printAddress } from '../../lib/text/ipAddress.ts'
import { containsPrefix, firstOf, type IpPrefix, prefixOf, printPrefix } from '../../lib/text/ipPrefix.ts'
import type { Destination, ExclusionList } from './vpnProfile.ts'
import { localPrefixes } from './wholeFamilies.ts'

/** A text that can stand in XML 1.0, on one line. */
const line = z
  .string()
  .min(1, 'is empty')
  .max(255, 'has more than 255 characters')
  // No pattern, which stands in the JSON schema: not every engine of regular expressions knows these classes.
  .refine((text) => !/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(text), 'has control characters')

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const names = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`, 'i')

/** An all-numeric last label would be read as an address (WHATWG URL, RFC 3696 section 2). */
const isHost = (text: string): boolean => names.test(text) && !/(?:^|\.)\d+$/.test(text)

/** Takes a name of the DNS, in lower case. */
const hostName = z
  .string()
  .refine(isHost, 'is no host name')
  .transform((text) => text.toLowerCase())

/** Takes a name that is dialled: one label alone would be completed by whatever network the client is in. */
const dialledName = hostName.refine(
  (text) => text.includes('.'),
  'must have a dot: a single label is completed by the network that the client is in',
)

/** Takes a DNS suffix, with a dot before it or not, which says the same. */
const suffix = z
  .string()
  .transform((text) => text.replace(/^\./, ''))
  .pipe(hostName)

/** Makes a schema of what a function reads from a text; the function returns words of what is wrong with others. */
const readBy = <Value>(read: (text: string) => Value | { readonly wrong: string }) =>
  z.string().transform((text, { issues }) => {
    const value = read(text)
    if (typeof value !== 'object' || value === null || !('wrong' in value)) return value
    issues.push({ code: 'custom', input: text, message: `${JSON.stringify(text)} ${value.wrong}` })
    return z.NEVER
  })

const readRuledName = (text: string): string | { readonly wrong: string } => {
  const isRead = text === '.' || isHost(text.replace(/^\./, ''))
  return isRead
    ? text.toLowerCase()
    : { wrong: 'is no host name, suffix with a dot before it, or dot for all' }
}

/** Takes what names a DNS rule is about: a host name, a suffix that begins with a dot, or a dot for all. */
const ruledName = readBy(readRuledName)

const readAddress = (text: string): string | { readonly wrong: string } => {
  const address = addressOf(text)
  return address ? printAddress(address) : { wrong: 'is no IP address' }
}

/** Takes an address, in its canonical spelling. */
const ipAddress = readBy(readAddress)

const hasHostBits = (prefix: IpPrefix): boolean => compareAddresses(prefix.address, firstOf(prefix)) !== 0

/** Tells whether a prefix is of this machine or its link: no route leads there. */
export const isOfThisMachine = (prefix: IpPrefix): boolean =>
  localPrefixes.some((one) => containsPrefix(one, prefix))

/** What is wrong with a prefix that was read, in words; undefined for nothing. */
const faultOf = (prefix: IpPrefix): string | undefined => {
  if (prefix.bits === 0) return 'is all addresses: say routing = "full"'
  if (hasHostBits(prefix)) return `has bits behind its prefix: is ${printPrefix(prefix)} meant?`
  return isOfThisMachine(prefix) ? 'is of this machine or its own network, where no tunnel leads' : undefined
}

/** Reads a network in CIDR notation, or an address, which is a network of one; or tells what is wrong with it. */
export const readPrefix = (text: string): IpPrefix | { readonly wrong: string } => {
  const address = addressOf(text)
  const prefix = address ? { address, bits: 32 * address.length } : prefixOf(text)
  if (!prefix) return { wrong: 'is no network or address' }
  const wrong = faultOf(prefix)
  return wrong === undefined ? prefix : { wrong }
}

/** Takes a network in CIDR notation, or an address, which is a network of one. */
const network = readBy(readPrefix)

const looksNumeric = /[:/]|^[\d.]+$/

const readDestination = (text: string): Destination | { readonly wrong: string } => {
  const prefix = readPrefix(text)
  if (!('wrong' in prefix)) return { kind: 'prefix', prefix }
  if (isHost(text) && text.includes('.')) return { kind: 'host', host: text.toLowerCase() }
  return looksNumeric.test(text) ? prefix : { wrong: 'is no network, address or host name with a dot' }
}

/** Takes a network, an address, or a host name. */
const destination = readBy(readDestination)

/** What a file calls the list of Microsoft 365. */
const microsoft365 = 'microsoft-365'

const readListUrl = (text: string): ExclusionList | { readonly wrong: string } => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))
  if (!url || !isSafe) return { wrong: 'must be an https URL (http on this machine only)' }
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    return { wrong: 'has a user, a password or a fragment, which no list is asked for with' }
  return { kind: 'url', name: text, url }
}

const readList = (text: string): ExclusionList | { readonly wrong: string } => {
  if (text === microsoft365) return { kind: microsoft365, name: text }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return readListUrl(text)
  // A typing error in the name of a list is no file, so that it is found before anything is looked for.
  if (/[./\\]/.test(text)) return { kind: 'file', name: text, file: text }
  return { wrong: `is neither ${microsoft365}, a URL, nor a path with a dot or a slash` }
}

/** Takes a published list of networks: its name, a URL, or a path, which begins where the reader says. */
const list = line.pipe(readBy(readList))

const readSha1 = (text: string): string | { readonly wrong: string } => {
  const digits = text.replaceAll(/[:\s]/g, '').toLowerCase()
  return /^[\da-f]{40}$/.test(digits) ? digits : { wrong: 'must be a SHA-1 digest, 40 hex digits' }
}

/** Takes a SHA-1 digest as programs print it, which is how Windows names certificates. */
const sha1 = readBy(readSha1)

/** Takes a dotted object identifier. */
const objectIdentifier = z
  .string()
  .regex(/^[0-2](?:\.(?:0|[1-9]\d{0,9})){1,30}$/, 'must be a dotted object identifier')

const readPorts = (text: string): string | { readonly wrong: string } => {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  const [first, last] = [Number(from), Number(to)]
  if (from === undefined || last > 65_535) return { wrong: 'must be a port, or two with a hyphen between' }
  if (first > last) return { wrong: 'ends before it begins' }
  return first === last ? String(first) : `${first}-${last}`
}

/** Takes a port, or a range of ports. */
const ports = readBy(readPorts)

/** What the texts of a vpn.toml may be. */
export const profileText = {
  line,
  hostName,
  dialledName,
  suffix,
  ruledName,
  ipAddress,
  network,
  destination,
  list,
  sha1,
  objectIdentifier,
  ports,
} as const
