import { Refusal } from '../../../lib/errors/refusal.ts'
import { parseJson } from '../../../lib/json/parseJson.ts'
import { type IpPrefix, printPrefix, shareOf } from '../../../lib/text/ipPrefix.ts'
import { readPrefix } from '../profileText.ts'

/** The largest list that is read. */
export const mostOctets = 4 * 1024 * 1024

/** How many networks a list may have, as many as routes of a tunnel. */
const mostPrefixes = 2_000

/** How much of all addresses a list may take out of a tunnel: a sixteenth of IPv4, and a 65536th of IPv6. */
const mostShare = { ipv4: 2 ** -4, ipv6: 2 ** -16 } as const

/** Makes the refusal of a list, of a reason that follows its name. */
export const listRefused = (name: string, why: string): Refusal =>
  new Refusal('list-unavailable', `Cannot use the list ${name}: it ${why}.`)

const families = [
  ['ipv4', 1],
  ['ipv6', 4],
] as const

const takesTooMuch = (prefixes: readonly IpPrefix[]): boolean =>
  families.some(
    ([family, words]) =>
      shareOf(prefixes.filter(({ address }) => address.length === words)) > mostShare[family],
  )

/** Tells what of the networks of a list, each of which is there once, is beyond what any may have; undefined for nothing. */
export const beyondBounds = (prefixes: readonly IpPrefix[]): string | undefined => {
  if (prefixes.length === 0) return 'has no network'
  if (prefixes.length > mostPrefixes)
    return `has ${prefixes.length} networks; ${mostPrefixes} are taken at the most`
  return takesTooMuch(prefixes) ? 'would take too much of all addresses out of the tunnel' : undefined
}

/**
 * Reads the networks of a list. One that is wrong refuses all of it: the last good copy is better than a guess.
 * @returns each once, by value.
 * @throws {Refusal} `list-unavailable`
 */
export const readNetworks = (name: string, texts: readonly string[]): readonly IpPrefix[] => {
  const prefixes = texts.map((text) => {
    const prefix = readPrefix(text)
    if ('wrong' in prefix)
      throw listRefused(name, `has ${JSON.stringify(text.slice(0, 80))}, which ${prefix.wrong}`)
    return prefix
  })
  const each = [...new Map(prefixes.map((prefix) => [printPrefix(prefix), prefix])).values()]
  const beyond = beyondBounds(each)
  if (beyond !== undefined) throw listRefused(name, beyond)
  return each
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

const jsonTexts = (name: string, content: string): readonly string[] => {
  const value = parseJson(Buffer.from(content), (why) => listRefused(name, why), 2 * mostPrefixes)
  if (isTexts(value)) return value
  throw listRefused(name, 'is JSON, but no array of texts')
}

const lineTexts = (content: string): readonly string[] =>
  content
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')

/**
 * Reads a list as it is published: a network a line, with comments behind #; or a JSON array of texts.
 * @throws {Refusal} `list-unavailable`
 */
export const readList = (name: string, content: string): readonly IpPrefix[] =>
  readNetworks(name, /^\s*[[{]/.test(content) ? jsonTexts(name, content) : lineTexts(content))
