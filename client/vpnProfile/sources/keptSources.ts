import * as z from 'zod'
import { addressOf, type IpAddress, printAddress } from '../../../lib/text/ipAddress.ts'
import { type IpPrefix, prefixOf, printPrefix } from '../../../lib/text/ipPrefix.ts'
import { isOfThisMachine } from '../profileText.ts'
import { mostAddresses } from './askNames.ts'
import { beyondBounds } from './readList.ts'

const canonical = (prefix: IpPrefix | undefined, text: string, printed: string): boolean =>
  prefix !== undefined && text === printed && !isOfThisMachine(prefix)

const asPrefix = (address: IpAddress): IpPrefix => ({ address, bits: 32 * address.length })

const address = z.string().refine((text) => {
  const read = addressOf(text)
  return read !== undefined && canonical(asPrefix(read), text, printAddress(read))
})

const prefix = z.string().refine((text) => {
  const read = prefixOf(text)
  return read !== undefined && read.bits > 0 && canonical(read, text, printPrefix(read))
})

const at = z.iso.datetime()

const answer = z.strictObject({ addresses: z.array(address).min(1).max(mostAddresses), at })

const name = z.strictObject({ A: answer.optional(), AAAA: answer.optional() })

const list = z.strictObject({
  prefixes: z.array(prefix),
  at,
  /** How the publisher knows it again: an entity tag (RFC 9110 section 8.8.3), or its version. */
  tag: z.string().max(256).optional(),
})

/** Reads the networks of a kept list. */
export const networksOf = ({ prefixes }: z.output<typeof list>): readonly IpPrefix[] =>
  prefixes.flatMap((text) => prefixOf(text) ?? [])

/** Drops what no look would have kept: it is asked for anew. */
const withinBounds = (lists: Readonly<Record<string, z.output<typeof list>>>) =>
  Object.fromEntries(Object.entries(lists).filter(([, one]) => beyondBounds(networksOf(one)) === undefined))

const schema = z.strictObject({
  version: z.literal(1),
  names: z.record(z.string(), name),
  lists: z.record(z.string(), list).transform(withinBounds),
  hasIpv6Gateway: z.boolean().optional(),
})

/** The last good answers, JSON: names by host, lists by what the file calls them. Times are RFC 3339, when it was last answered. */
export type KeptSources = z.output<typeof schema>

/** The last good addresses of a name, by their kind. */
export type KeptName = KeptSources['names'][string]

/** The last good copy of a list. */
export type KeptList = KeptSources['lists'][string]

/** What is known before the first answer. */
export const noSources: KeptSources = { version: 1, names: {}, lists: {} }

/** Reads what was kept, strictly; undefined for what no look has written: it counts as nothing. */
export const parseKeptSources = (value: unknown): KeptSources | undefined => schema.safeParse(value).data
