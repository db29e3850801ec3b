import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'

/**
 * Where generations are. `current` leads to the one in use: whoever follows it once sees files that fit. It is a link, and on
 * Windows, where not everybody makes links and not every disk has them, a file with the name of the generation.
 */
export interface Places {
  readonly folder: string
  readonly current: string
  readonly generations: string
}

/** Names the places in a folder. */
export const placesIn = (folder: string): Places => ({
  folder,
  current: join(folder, 'current'),
  generations: join(folder, 'generations'),
})

/** Whether generations are pointed to by a file. */
export const isWindows = process.platform === 'win32'

const missingCodes = new Set(['ENOENT', 'EINVAL', 'EISDIR', 'UNKNOWN'])

/** Takes the faults of a path that is not there, or is no file or link; throws others. */
export const missing = (error: unknown): undefined => {
  if (!missingCodes.has((error as NodeJS.ErrnoException).code ?? '')) throw error
}

/** Tells who asks for what is another user's. */
const readable = (error: unknown): unknown => {
  const { code, path = 'the folder' } = error as NodeJS.ErrnoException
  if (code !== 'EACCES' && code !== 'EPERM') return error
  const why = `this user may not (${code}); run this as the user whom the agent runs for`
  return new Refusal('path-unwritable', `Cannot read ${path}: ${why}.`, { cause: error })
}

/** Reads at once, without the turns of a queue: who connects waits for that. */
const readUnlessMissing = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    return missing(readable(error))
  }
}

/** Tells the name of the generation in use; undefined before the first. */
export const currentName = ({ current }: Places): string | undefined => {
  const target = readUnlessMissing(() => (isWindows ? readFileSync(current, 'utf8') : readlinkSync(current)))
  return target && basename(target.trim())
}

/**
 * Reads the files in use, all of one generation; undefined before the first, and for files that it lacks.
 * @throws {Refusal} `path-unwritable` for a folder of another user
 */
export const readGeneration = (folder: string, files: readonly string[]): readonly (string | undefined)[] => {
  const places = placesIn(folder)
  const name = currentName(places)
  const from = name === undefined ? folder : join(places.generations, name)
  return files.map((file) => readUnlessMissing(() => readFileSync(join(from, file), 'utf8')))
}

/**
 * Whether the names of a folder lead to the files in use, by which most programs read them; on Windows whether they are copies of
 * them. True before the first.
 */
export const isSettled = (folder: string): boolean => {
  const places = placesIn(folder)
  const name = currentName(places)
  if (name === undefined) return true
  const generation = join(places.generations, name)
  return (readUnlessMissing(() => readdirSync(generation)) ?? []).every((file) => {
    const path = join(folder, file)
    if (!isWindows) return readUnlessMissing(() => readlinkSync(path)) === join('current', file)
    return readUnlessMissing(() => readFileSync(path))?.equals(readFileSync(join(generation, file))) === true
  })
}
