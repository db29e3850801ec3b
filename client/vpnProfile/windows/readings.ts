import { printAddress, addressOf } from '../../../lib/text/ipAddress.ts'
import { prefixOf, printPrefix } from '../../../lib/text/ipPrefix.ts'

/** Brings a text of a ProfileXML into the one spelling of what it means; undefined where that is what a missing element means. */
export type Reading = (text: string) => string | undefined

const unlessEmpty = (text: string): string | undefined => (text === '' ? undefined : text)

const parts = (text: string, separator: string | RegExp): readonly string[] =>
  text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')

const inOneOrder = (texts: readonly string[]): readonly string[] => [...new Set(texts)].toSorted()

const joined = (texts: readonly string[]): string | undefined => unlessEmpty(texts.join(', '))

/** Takes the dot before a suffix away, which says nothing, and case, which the DNS does not know. */
const bareName = (name: string): string => name.toLowerCase().replace(/^\.(?=.)/, '')

/** A digest, as it is written nowhere else: lower case, nothing between its digits. */
export const bareDigest = (text: string): string => text.replaceAll(/[\s:]/g, '').toLowerCase()

const address = (text: string): string => {
  const read = addressOf(text)
  return read ? printAddress(read) : text
}

/** A prefix in its canonical spelling; an address is a prefix of one. */
export const canonicalPrefix = (text: string): string => {
  const single = addressOf(text)
  const prefix = single ? { address: single, bits: 32 * single.length } : prefixOf(text)
  return prefix ? printPrefix(prefix) : text
}

const portRange = (text: string): string => {
  const [, from, to] = /^(\d+)\s*-\s*(\d+)$/.exec(text) ?? []
  if (from === undefined) return /^\d+$/.test(text) ? String(Number(text)) : text
  return from === to ? String(Number(from)) : `${Number(from)}-${Number(to)}`
}

const serverOf = (text: string): string => {
  const [host = '', label = ''] = text.split(';').map((part) => part.trim())
  const isSame = label === '' || label.toLowerCase() === host.toLowerCase()
  return isSame ? host.toLowerCase() : `${host.toLowerCase()};${label}`
}

/** How the texts of elements are read. Where a list has an order, Windows uses it. */
export const readings = {
  text: unlessEmpty,
  /** xs:boolean has 1 and 0 as well, and Windows writes with a capital letter. */
  flag: (text) => {
    if (/^(?:true|1)$/i.test(text)) return 'true'
    return /^(?:false|0)?$/i.test(text) ? undefined : text
  },
  /** Where nothing is said, it is on. */
  flagOnByDefault: (text) => (/^(?:false|0)$/i.test(text) ? 'false' : undefined),
  word: (text) => unlessEmpty(text.toLowerCase()),
  /** Split is what Windows does where nothing is said. */
  routing: (text) => (text.toLowerCase() === 'splittunnel' ? undefined : unlessEmpty(text.toLowerCase())),
  direction: (text) => (text.toLowerCase() === 'outbound' ? undefined : unlessEmpty(text.toLowerCase())),
  /** The first suffix is the primary one. */
  suffixes: (text) => joined(parts(text, ',').map(bareName)),
  networks: (text) => joined(inOneOrder(parts(text, ',').map((name) => name.toLowerCase()))),
  serverNames: (text) => joined(inOneOrder(parts(text, ';').map((name) => name.toLowerCase()))),
  /** The first server is tried first. */
  servers: (text) => joined(parts(text, ',').map(serverOf)),
  /** The first address is asked first. */
  addresses: (text) => joined(parts(text, ',').map(address)),
  prefixes: (text) => joined(inOneOrder(parts(text, ',').map(canonicalPrefix))),
  ports: (text) => joined(inOneOrder(parts(text, ',').map(portRange))),
  identifiers: (text) => joined(inOneOrder(parts(text, /[,;]/))),
  digests: (text) => joined(inOneOrder(parts(text, /[,;]/).map(bareDigest))),
  /** All protocols: nothing, -1, or the 256 of Windows' firewall, which keeps the filters. */
  protocolNumber: (text) => (/^(?:-1|256)$/.test(text) ? undefined : unlessEmpty(text)),
  /** 0 leaves the metric to Windows. */
  metric: (text) => (text === '0' ? undefined : unlessEmpty(text)),
  /** What nobody but the machine should read is only told to be there. */
  secret: (text) => (text === '' ? undefined : 'is set'),
} as const satisfies Readonly<Record<string, Reading>>
