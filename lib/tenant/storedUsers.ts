import type { DropUser } from '../drops/dropList.ts'
import type { StoredRow } from '../store/tables.ts'

/** The most users of an entry: a property of a row has 32 Ki characters. */
export const maxUsersOfEntry = 80

/** The most users of a whole list, which servers read in full whenever it changes. */
export const maxUsersOfList = 20_000

/** Users as a row stores them. */
export const storedUsers = (users: readonly DropUser[]): string =>
  JSON.stringify(users.map(({ upn, objectId }) => [upn, objectId ?? '']))

const isPair = (pair: unknown): pair is readonly [string, string] =>
  Array.isArray(pair) && pair.length === 2 && pair.every((name) => typeof name === 'string')

/** Reads them; none where the column is missing, as in rows of Mayfly before 0.2, or is not what was written: the subject is stopped all the same. */
export const usersFromRow = ({ values }: StoredRow): readonly DropUser[] => {
  try {
    const pairs: unknown = JSON.parse(String(values['users'] ?? '[]'))
    if (!Array.isArray(pairs)) return []
    return pairs
      .filter(isPair)
      .map(([upn, objectId]) => ({ upn, objectId: objectId === '' ? undefined : objectId }))
  } catch {
    return []
  }
}

const nameOf = ({ upn, objectId = '' }: DropUser): string => `${upn} ${objectId}`

/** Those of `found` that `known` does not have, each once. */
const additionsTo = (known: readonly DropUser[], found: readonly DropUser[]): readonly DropUser[] => {
  const additions = new Map(found.map((user) => [nameOf(user), user]))
  for (const user of known) additions.delete(nameOf(user))
  return [...additions.values()]
}

/**
 * Adds users to those that are known, in the order in which they were found; none is ever taken away, because a search finds fewer
 * the later it is made.
 * @param room for how many more there is on the whole list.
 */
export const addUsers = (
  known: readonly DropUser[],
  found: readonly DropUser[],
  room: number,
): readonly DropUser[] => {
  const most = Math.max(0, Math.min(room, maxUsersOfEntry - known.length))
  const additions = additionsTo(known, found).slice(0, most)
  return additions.length === 0 ? known : [...known, ...additions]
}
