import { addressOf } from '../../../lib/text/ipAddress.ts'

/** What a server says of a name in one family; addresses may be none at all, which is no error. */
export type DnsReply = readonly string[] | 'NXDOMAIN' | 'SERVFAIL' | 'silence'

/** Both families of a name. */
export interface DnsAnswer {
  readonly A: DnsReply
  readonly AAAA: DnsReply
}

/** A query of one question (RFC 1035 section 4.1). */
export interface DnsQuery {
  readonly octets: Buffer
  /** In lower case, without the dot at the end. */
  readonly name: string
  /** Undefined: another than these. */
  readonly family: keyof DnsAnswer | undefined
  /** Where the question ends. */
  readonly end: number
}

const headerOctets = 12
const familyOf: Readonly<Record<number, keyof DnsAnswer>> = { 1: 'A', 28: 'AAAA' }

/** Parses what a resolver asks, which never compresses the name. */
export const parseQuery = (octets: Buffer): DnsQuery => {
  const labels: string[] = []
  let at = headerOctets
  for (let length = octets.readUInt8(at); length > 0; length = octets.readUInt8(at)) {
    labels.push(octets.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const family = familyOf[octets.readUInt16BE(at + 1)]
  return { octets, name: labels.join('.').toLowerCase(), family, end: at + 5 }
}

/** One of IPv4 in AAAA is mapped into IPv6 (RFC 4291 section 2.5.5.2). */
const wordsOf = (family: keyof DnsAnswer, address: string): readonly number[] => {
  const words = addressOf(address) ?? []
  return family === 'AAAA' && words.length === 1 ? [0, 0, 0xff_ff, ...words] : words
}

/** Points to the name of the question: class IN, kept for no second. */
const record = (family: keyof DnsAnswer, address: string): Buffer => {
  const words = wordsOf(family, address)
  const value = Buffer.alloc(4 * words.length)
  words.forEach((word, index) => value.writeUInt32BE(word >>> 0, 4 * index))
  const head = Buffer.from([
    0xc0,
    headerOctets,
    0,
    family === 'A' ? 1 : 28,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    value.length,
  ])
  return Buffer.concat([head, value])
}

const codes = { NXDOMAIN: 3, SERVFAIL: 2 } as const
const [isReply, isTruncated] = [0x8080, 0x0200]

/** Writes a reply. @param most octets of it; what is longer is cut short, which has the resolver ask by TCP */
export const replyTo = (
  { octets, family, end }: DnsQuery,
  said: Exclude<DnsReply, 'silence'>,
  most: number,
): Buffer => {
  const records =
    typeof said === 'string' || family === undefined ? [] : said.map((address) => record(family, address))
  const message = Buffer.concat([octets.subarray(0, end), ...records])
  const isWhole = message.length <= most
  const flags = isReply | (octets.readUInt16BE(2) & 0x0100) | (typeof said === 'string' ? codes[said] : 0)
  message.writeUInt16BE(isWhole ? flags : flags | isTruncated, 2)
  message.writeUInt16BE(1, 4)
  message.writeUInt16BE(isWhole ? records.length : 0, 6)
  message.writeUInt32BE(0, 8)
  return isWhole ? message : message.subarray(0, end)
}
