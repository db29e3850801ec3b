import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { watchFiles } from './watchSpec.ts'

const time = z.iso.datetime()

/**
 * What became of one profile. `applying`: its creation was begun; `waiting`: an update waits for the tunnel's end; `held`: nothing is installed until a route has an
 * address; `foreign`: a profile of that name is not this watch's; `mismatched`: it was applied, and differs all the same.
 */
const record = z.strictObject({
  name: z.string(),
  /** Whether the profile that has this name is this watch's, to change and to remove. */
  isManaged: z.boolean(),
  condition: z.enum(['applying', 'current', 'waiting', 'held', 'foreign', 'mismatched', 'failed']),
  /** Since when it is so, RFC 3339. */
  since: time,
  /** One sentence. */
  text: z.string(),
  /** Tells two cases of one condition apart: each is told once. */
  key: z.string(),
  /** Whether it was touched and may have come to no end: files may be new, and a program know nothing of them. */
  isBegun: z.boolean().default(false),
})

const schema = z.strictObject({
  version: z.literal(1),
  /** When profiles were last held to the file, RFC 3339; undefined before. */
  checkedAt: time.optional(),
  profiles: z.array(record),
  /** Why the file could not be used, or profiles not be read. */
  error: z.strictObject({ code: z.string(), detail: z.string(), since: time }).optional(),
  /** What names and lists did not answer when they were asked last. */
  sources: z.array(z.string()),
  /** What of the file the platform does not do. */
  notes: z.array(z.string()).default([]),
})

/** What is remembered of profiles, across restarts. */
export type WatchState = Readonly<z.output<typeof schema>>

export type ProfileRecord = Readonly<z.output<typeof record>>

/** What is known before anything was done. */
export const noWatchState: WatchState = { version: 1, profiles: [], sources: [], notes: [] }

/** What a folder remembers: `lost` where there is something that cannot be read. */
export interface ReadWatchState {
  readonly state: WatchState
  readonly isLost: boolean
}

const parsed = (text: string): WatchState | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Reads what is remembered. What cannot be read counts as nothing: profiles are left as they are then. */
export const readWatchState = async (folder: string): Promise<ReadWatchState> => {
  let text: string
  try {
    text = await readFile(watchFiles(folder).state, 'utf8')
  } catch (error) {
    return { state: noWatchState, isLost: (error as NodeJS.ErrnoException).code !== 'ENOENT' }
  }
  const state = parsed(text)
  return { state: state ?? noWatchState, isLost: state === undefined }
}

/** Writes it, for whoever may see what profiles there are. */
export const writeWatchState = (folder: string, state: WatchState): Promise<void> =>
  replaceFile(watchFiles(folder).state, `${JSON.stringify(state, undefined, 2)}\n`, 0o644)
