import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { keyFaults } from '../credential/keyFaults.ts'
import type { Found } from './configurationFault.ts'

type Table = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** One table of a list, however faulty, and where it stands. */
interface Entry {
  readonly members: readonly PropertyKey[]
  readonly table: Table
}

const entriesOf = (document: Table, lists: readonly string[]): readonly Entry[] =>
  lists.flatMap((list) => {
    const tables = document[list]
    return Array.isArray(tables)
      ? tables.flatMap((table, index) => (isTable(table) ? [{ members: [list, index], table }] : []))
      : []
  })

/** Has no service or tenant, neither of its own nor from the top. */
const unplaced = (document: Table, { members, table }: Entry): readonly Found[] =>
  ['url', 'tenant']
    .filter((name) => table[name] === undefined && document[name] === undefined)
    .map((name) => ({ members: [...members, name], reason: 'is missing, here or at the top' }))

/** Says of its key what does not go together; a bundle has none. */
const unfitKey = ({ members, table }: Entry): readonly Found[] =>
  keyFaults(table).map(({ member, reason }) => ({ members: [...members, member], reason }))

/** Trusts authorities for a URL that is not its own. */
const strayAuthority = (document: Table): readonly Found[] =>
  document['ca'] !== undefined && document['url'] === undefined
    ? [{ members: ['ca'], reason: 'is for the url at the top, which is missing' }]
    : []

const contains = (outer: string, inner: string): boolean => {
  const way = relative(outer, inner)
  return way === '' || (!way.startsWith('..') && !isAbsolute(way))
}

/** Where a folder is or will be: whatever links lead there, and however its letters are written where that is the same. */
const placeOf = (path: string): string => {
  try {
    return realpathSync.native(path)
  } catch {
    return path === dirname(path) ? path : join(placeOf(dirname(path)), basename(path))
  }
}

/** Shares its folder with one before, or has it inside of that, or the other way round. */
const crowded = (entries: readonly Entry[], base: string): readonly Found[] => {
  const placed = entries.flatMap(({ members, table }) =>
    typeof table['folder'] === 'string' ? [{ members, folder: placeOf(resolve(base, table['folder'])) }] : [],
  )
  return placed.flatMap(({ members, folder }, index) =>
    placed
      .slice(0, index)
      .some((before) => contains(before.folder, folder) || contains(folder, before.folder))
      ? [{ members: [...members, 'folder'], reason: 'is that of another, or one lies inside of the other' }]
      : [],
  )
}

/**
 * Finds what is wrong between members, each of which may be right: in documents as the parser gives them, so that all faults
 * are told at once.
 * @param base the folder that relative paths begin at.
 */
export const configurationSense = (document: Table, base: string): readonly Found[] => {
  const entries = entriesOf(document, ['credentials', 'bundles'])
  const all = [...entries, ...entriesOf(document, ['profiles'])]
  return [
    ...(all.length === 0
      ? [{ members: [], reason: 'has none of [[credentials]], [[bundles]] and [[profiles]] to keep' }]
      : []),
    ...strayAuthority(document),
    ...entries.flatMap((entry) => [...unplaced(document, entry), ...unfitKey(entry)]),
    ...crowded(all, base),
  ]
}
