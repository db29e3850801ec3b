import { Refusal } from '../../../lib/errors/refusal.ts'
import { printPrefix } from '../../../lib/text/ipPrefix.ts'
import { untilAborted } from '../../token/untilAborted.ts'
import type { ExclusionList } from '../vpnProfile.ts'
import type { FetchList } from './fetchList.ts'
import type { KeptList } from './keptSources.ts'
import type { SourceNote } from './sourceNote.ts'

/** What a look at lists needs. */
export interface ListWorld {
  readonly fetchList: FetchList
  readonly now: () => Date
  /** How long a list may take. */
  readonly listMilliseconds: number
  readonly signal: AbortSignal
}

/** A list after a look: its last good copy, if there is one, and what has to be told. */
interface ListLook {
  readonly name: string
  readonly kept: KeptList | undefined
  readonly told: readonly SourceNote[]
}

const reasonOf = (error: unknown): string =>
  error instanceof Refusal ? error.detail.replace(/\.$/, '') : (error as Error).message

const fetched = async (
  list: ExclusionList,
  before: KeptList | undefined,
  { fetchList, signal, listMilliseconds, now }: ListWorld,
): Promise<KeptList> => {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(listMilliseconds)])
  const got = await untilAborted(fetchList(list, { tag: before?.tag, signal: ended }), ended)
  const at = now().toISOString()
  if (got.kind === 'list')
    return { prefixes: got.prefixes.map(printPrefix), at, ...(got.tag === undefined ? {} : { tag: got.tag }) }
  if (before) return { ...before, at }
  throw new Error('it is the same as a copy that is not there')
}

const lookAt = async (
  list: ExclusionList,
  before: KeptList | undefined,
  world: ListWorld,
): Promise<ListLook> => {
  const { name } = list
  try {
    return { name, kept: await fetched(list, before, world), told: [] }
  } catch (error) {
    world.signal.throwIfAborted()
    const why = reasonOf(error)
    const note: SourceNote = before
      ? { kind: 'kept', source: name, since: before.at, why }
      : { kind: 'missing', source: name, why }
    return { name, kept: before, told: [note] }
  }
}

/** What a look at lists came to, by what the file calls them. */
export interface FollowedLists {
  readonly kept: ReadonlyMap<string, KeptList>
  readonly told: readonly SourceNote[]
}

/**
 * Gets lists side by side, each within its time. One that cannot be had, or is wrong, keeps its last good copy.
 * @throws the reason of the signal, at once
 */
export const followLists = async (
  lists: readonly ExclusionList[],
  before: Readonly<Record<string, KeptList>>,
  world: ListWorld,
): Promise<FollowedLists> => {
  const each = [...new Map(lists.map((list) => [list.name, list])).values()]
  const known = new Map(Object.entries(before))
  const looks = await Promise.all(each.map((list) => lookAt(list, known.get(list.name), world)))
  return {
    kept: new Map(looks.flatMap(({ name, kept }) => (kept ? [[name, kept] as const] : []))),
    told: looks.flatMap(({ told }) => told),
  }
}
