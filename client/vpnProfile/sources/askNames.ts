import { addressOf, compareAddresses, type IpAddress, printAddress } from '../../../lib/text/ipAddress.ts'
import { untilAborted } from '../../token/untilAborted.ts'
import { isOfThisMachine } from '../profileText.ts'

/** The kinds of addresses that a name has, as the DNS calls them. */
export const recordTypes = ['A', 'AAAA'] as const

export type RecordType = (typeof recordTypes)[number]

/** Asks for the addresses of a name; none for an answer without any. @throws what the resolver says, its code in `code` */
export type Lookup = (host: string, type: RecordType, signal: AbortSignal) => Promise<readonly string[]>

export interface AskOptions {
  readonly lookup: Lookup
  /** How long a name may take. */
  readonly milliseconds: number
  readonly signal: AbortSignal
}

/** What came of a question: addresses, or why there is none. */
export type Asked =
  | { readonly kind: 'addresses'; readonly addresses: readonly IpAddress[]; readonly found: number }
  | { readonly kind: 'none'; readonly why: string }

/** What came of a name, by the kinds of its addresses. */
export type AskedName = Readonly<Record<RecordType, Asked>>

/** A name of more leads to whatever somebody likes: the lowest of its addresses are taken, which are the same at every look. */
export const mostAddresses = 32

/** As many names are asked for side by side: routers forward some 150 questions at once, and refuse the rest. */
const mostNames = 50

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : message
}

/** Keeps each address once, in the order of their values; none of this machine or its link, and none of the other kind. */
const usable = (texts: readonly string[], type: RecordType): readonly IpAddress[] => {
  const addresses = texts.flatMap((text) => {
    const address = addressOf(text)
    // One of IPv4 that is mapped into IPv6 is no answer to either question.
    return address && text.includes(':') === (type === 'AAAA') && address.length > 1 === (type === 'AAAA')
      ? [address]
      : []
  })
  const byText = new Map(addresses.map((address) => [printAddress(address), address]))
  return [...byText.values()]
    .filter((address) => !isOfThisMachine({ address, bits: 32 * address.length }))
    .toSorted(compareAddresses)
}

const asked = (texts: readonly string[], type: RecordType): Asked => {
  if (texts.length === 0) return { kind: 'none', why: 'an empty answer' }
  const addresses = usable(texts, type)
  if (addresses.length === 0) return { kind: 'none', why: 'no address that a route can lead to' }
  return { kind: 'addresses', addresses: addresses.slice(0, mostAddresses), found: addresses.length }
}

const askType = async (host: string, type: RecordType, options: AskOptions): Promise<Asked> => {
  const late = AbortSignal.timeout(options.milliseconds)
  const ended = AbortSignal.any([options.signal, late])
  try {
    return asked(await untilAborted(options.lookup(host, type, ended), ended), type)
  } catch (error) {
    options.signal.throwIfAborted()
    const why = late.aborted ? `no answer within ${options.milliseconds} ms` : reasonOf(error)
    return { kind: 'none', why }
  }
}

const askName = async (host: string, options: AskOptions): Promise<AskedName> => {
  const [A, AAAA] = await Promise.all(recordTypes.map((type) => askType(host, type, options)))
  const none: Asked = { kind: 'none', why: 'not asked' }
  return { A: A ?? none, AAAA: AAAA ?? none }
}

/**
 * Asks for names side by side, each within its time and for both kinds of addresses; what one of them comes to changes nothing for
 * the others.
 * @throws the reason of the signal, at once
 */
export const askNames = async (
  names: readonly string[],
  options: AskOptions,
): Promise<ReadonlyMap<string, AskedName>> => {
  const found = new Map<string, AskedName>()
  const left = names.values()
  const askOn = async (): Promise<void> => {
    for (const host of left) found.set(host, await askName(host, options))
  }
  await Promise.all(Array.from({ length: mostNames }, askOn))
  return found
}
