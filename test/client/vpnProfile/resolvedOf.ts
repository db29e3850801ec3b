import type { Resolved } from '../../../client/vpnProfile/routedPrefixes.ts'
import { addressOf } from '../../../lib/text/ipAddress.ts'
import { prefixOf } from '../../../lib/text/ipPrefix.ts'

type Texts = Readonly<Record<string, readonly string[]>>

const read = <Value>(texts: Texts, valueOf: (text: string) => Value | undefined) =>
  new Map(
    Object.entries(texts).map(([name, all]) => [
      name,
      all.map(valueOf).filter((one): one is NonNullable<Value> & Value => one !== undefined),
    ]),
  )

/** What names and lists came to, on a device with both families unless it says otherwise. */
export const resolvedOf = (names: Texts = {}, lists: Texts = {}, hasIpv6Gateway = true): Resolved => ({
  names: read(names, addressOf),
  lists: read(lists, prefixOf),
  hasIpv6Gateway,
})
