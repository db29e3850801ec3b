import { type AskedName, type RecordType, recordTypes } from './askNames.ts'
import { printAddress } from '../../../lib/text/ipAddress.ts'
import type { KeptName } from './keptSources.ts'
import type { SourceNote } from './sourceNote.ts'

/** A name after a look: what is kept of it, and what has to be told. */
export interface NameLook {
  readonly kept: KeptName
  readonly told: readonly SourceNote[]
}

const whyOf = (asked: AskedName, types: readonly RecordType[]): string =>
  types
    .flatMap((type) => {
      const one = asked[type]
      return one.kind === 'none' ? [`${type}: ${one.why}`] : []
    })
    .join(', ')

/** Tells of a name that has addresses of a kind it did not get now, with the oldest of their times; or none of any. */
const noteFor = (host: string, asked: AskedName, kept: KeptName): readonly SourceNote[] => {
  const old = recordTypes.filter((type) => kept[type] !== undefined && asked[type].kind === 'none')
  const since = old.map((type) => kept[type]?.at ?? '').toSorted()[0]
  if (since !== undefined) return [{ kind: 'kept', source: host, since, why: whyOf(asked, old) }]
  return kept.A || kept.AAAA ? [] : [{ kind: 'missing', source: host, why: whyOf(asked, recordTypes) }]
}

const boundedNotes = (host: string, asked: AskedName): readonly SourceNote[] =>
  recordTypes.flatMap((type): readonly SourceNote[] => {
    const one = asked[type]
    if (one.kind === 'none' || one.found === one.addresses.length) return []
    return [{ kind: 'bounded', source: host, found: one.found, taken: one.addresses.length }]
  })

/**
 * Keeps of a name the latest addresses of each kind. A failure and an empty answer are alike: a router that filters AAAA gives
 * the second, and would have the profile rebuilt at each change of the network.
 * @param at RFC 3339
 */
export const keepAnswers = (
  host: string,
  asked: AskedName,
  { before, at }: { readonly before: KeptName | undefined; readonly at: string },
): NameLook => {
  const kept = Object.fromEntries(
    recordTypes.flatMap((type) => {
      const one = asked[type]
      const answer =
        one.kind === 'addresses' ? { addresses: one.addresses.map(printAddress), at } : before?.[type]
      return answer ? [[type, answer]] : []
    }),
  ) as KeptName
  return { kept, told: [...noteFor(host, asked, kept), ...boundedNotes(host, asked)] }
}
