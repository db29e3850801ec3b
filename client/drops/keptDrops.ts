import { readFile, stat, utimes } from 'node:fs/promises'
import { type Drop, type DropList, dropStaleMilliseconds } from '../../lib/drops/dropList.ts'
import { parseDropList } from '../../lib/drops/parseDropList.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { jsonMember, parseJson } from '../../lib/json/parseJson.ts'
import type { TaggedDrops } from './fetchDrops.ts'

/** A drop list as a server keeps it, across restarts as well. */
export interface KeptDrops extends TaggedDrops {
  /** When the service last said that it is current. */
  readonly confirmedAt: Date
}

/** Tells whether a list is too old to be relied on for ends; also one that a clock put into the future, and none. */
export const isStale = (kept: Pick<KeptDrops, 'confirmedAt'> | undefined, now: Date): boolean =>
  !kept || !(Math.abs(now.getTime() - kept.confirmedAt.getTime()) <= dropStaleMilliseconds)

const dropJson = ({ until, users, ...drop }: Drop) => ({
  ...drop,
  until: until ?? null,
  users: users.map(({ upn, objectId = null }) => ({ upn, objectId })),
})

/** A list as parseDropList() reads it. */
const listJson = (list: DropList) => ({ ...list, drops: list.drops.map(dropJson) })

/** Has what is read thrown away: who wrote it is not told. */
const refuse = (why: string) => new Error(why)

const maxValues = 250_000

/**
 * Reads the list that a file keeps; its time tells when it was confirmed. What cannot be read counts as nothing, as does the list of another
 * tenant: the service is asked anew.
 */
export const readKeptDrops = async (file: string, tenant: string): Promise<KeptDrops | undefined> => {
  try {
    const document = parseJson(await readFile(file), refuse, maxValues)
    const list = parseDropList(jsonMember(document, 'list'), refuse)
    const etag = jsonMember(document, 'etag')
    if (list.tenant !== tenant) return undefined
    const { mtime: confirmedAt } = await stat(file)
    return { list, etag: typeof etag === 'string' ? etag : undefined, confirmedAt }
  } catch {
    return undefined
  }
}

/** Keeps a list in a file for its owner alone: it names users. */
export const writeKeptDrops = async (file: string, { list, etag, confirmedAt }: KeptDrops): Promise<void> => {
  await replaceFile(file, JSON.stringify({ version: 1, etag, list: listJson(list) }), 0o600)
  await confirmKeptDrops(file, confirmedAt)
}

/** Remembers when the list of a file was confirmed: a list of megabytes is not written four times a minute. */
export const confirmKeptDrops = (file: string, confirmedAt: Date): Promise<void> =>
  utimes(file, confirmedAt, confirmedAt)
