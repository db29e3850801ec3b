import { addressOf, compareAddresses, type IpAddress, printAddress } from '../../lib/text/ipAddress.ts'
import type { ResolvedNames } from './routedPrefixes.ts'
import { isOfThisMachine } from './profileText.ts'

export interface ResolveOptions {
  /** Finds the addresses of a name, of both families. @throws what the resolver says */
  readonly lookup: (host: string) => Promise<readonly string[]>
  /** How long a name may take. */
  readonly milliseconds: number
}

/** What came of names: a name that was not found has a reason and no addresses. */
export interface NamesFound {
  readonly resolved: ResolvedNames
  readonly failed: readonly { readonly host: string; readonly why: string }[]
}

const inTime = async <Value>(work: Promise<Value>, milliseconds: number): Promise<Value> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}

/** Keeps each address once, in the order of their values; none of this machine or its link, which no server has. */
const usable = (texts: readonly string[]): readonly IpAddress[] => {
  const addresses = texts.map(addressOf).filter((address) => address !== undefined)
  const byText = new Map(addresses.map((address) => [printAddress(address), address]))
  return [...byText.values()]
    .filter((address) => !isOfThisMachine({ address, bits: 32 * address.length }))
    .toSorted((one, other) => one.length - other.length || compareAddresses(one, other))
}

/** Resolves names side by side, each within its time; what one of them comes to changes nothing for the others. */
export const resolveNames = async (
  names: readonly string[],
  { lookup, milliseconds }: ResolveOptions,
): Promise<NamesFound> => {
  const found = await Promise.all(
    names.map(async (host) => {
      try {
        const addresses = usable(await inTime(lookup(host), milliseconds))
        return { host, addresses, why: addresses.length === 0 ? 'no address that a route can lead to' : '' }
      } catch (error) {
        return { host, addresses: [], why: reasonOf(error) }
      }
    }),
  )
  return {
    resolved: new Map(
      found.flatMap(({ host, addresses }) => (addresses.length > 0 ? [[host, addresses]] : [])),
    ),
    failed: found.flatMap(({ host, why }) => (why === '' ? [] : [{ host, why }])),
  }
}
