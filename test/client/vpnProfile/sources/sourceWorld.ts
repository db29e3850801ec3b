import type { Lookup } from '../../../../client/vpnProfile/sources/askNames.ts'
import type { SourceWorld } from '../../../../client/vpnProfile/sources/followSources.ts'

/** Answers of a resolver by host, of both kinds; a host that is not there is not found. */
export const answering =
  (answers: Readonly<Record<string, readonly string[]>>): Lookup =>
  (host, type) => {
    const found = answers[host]?.filter((text) => text.includes(':') === (type === 'AAAA'))
    return found
      ? Promise.resolve(found)
      : Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
  }

/** A world with a resolver that knows nothing, no list, and a network of both families. */
export const sourceWorld = (own: Partial<SourceWorld> = {}): SourceWorld => ({
  lookup: answering({}),
  fetchList: () => Promise.reject(new Error('there is no list')),
  now: () => new Date('2026-11-29T12:00:00Z'),
  hasIpv6Gateway: true,
  milliseconds: 30_000,
  listMilliseconds: 30_000,
  signal: new AbortController().signal,
  ...own,
})
