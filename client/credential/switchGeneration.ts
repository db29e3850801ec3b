import { randomUUID } from 'node:crypto'
import { lstat, mkdir, open, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { draftedName, draftOf } from '../../lib/files/draftOf.ts'
import { renameOver } from '../../lib/files/renameOver.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { currentName, isWindows, missing, type Places, placesIn } from './readGeneration.ts'

/** The files of one generation: a certificate, its key, and what belongs to them. */
export type Generation = Readonly<
  Record<string, { readonly content: string | Uint8Array; readonly mode: number }>
>

const numbered = /^\d{8}$/

const unlessMissing = <T>(reading: Promise<T>): Promise<T | undefined> => reading.catch(missing)

/** Makes the names in a folder durable; Windows opens no folders. */
const syncFolder = async (folder: string): Promise<void> => {
  if (isWindows) return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Gives a link of this name another target, at once. */
const relink = async (target: string, link: string): Promise<void> => {
  const next = draftOf(link)
  await symlink(target, next)
  try {
    await renameOver(next, link)
  } finally {
    await rm(next, { force: true })
  }
}

/** Puts a generation into use, at once. */
const pointTo = (name: string, { current }: Places): Promise<void> =>
  isWindows ? replaceFile(current, `${name}\n`, 0o644) : relink(join('generations', name), current)

const write = async ({ generations }: Places, name: string, files: Generation): Promise<void> => {
  const made = join(generations, `${name}.${randomUUID()}.tmp`)
  await mkdir(made, { recursive: true, mode: 0o700 })
  for (const [file, { content, mode }] of Object.entries(files))
    await replaceFile(join(made, file), content, mode)
  await syncFolder(made)
  // What a crash left under the name was never in use.
  await rm(join(generations, name), { recursive: true, force: true })
  await rename(made, join(generations, name))
  await syncFolder(generations)
}

const nextName = async ({ generations }: Places, current: string | undefined): Promise<string> => {
  const names = (await unlessMissing(readdir(generations))) ?? []
  // Somebody may have let `current` lead elsewhere.
  const last = Math.max(...[current ?? '', ...names].filter((one) => numbered.test(one)).map(Number), 0)
  return String(last + 1).padStart(8, '0')
}

/** Removes what is neither in use nor was before it, and what a crash left. */
const removeOthers = async (
  { folder, generations }: Places,
  kept: readonly (string | undefined)[],
): Promise<void> => {
  for (const name of await readdir(generations))
    if ((numbered.test(name) || draftedName(name) !== undefined) && !kept.includes(name))
      await rm(join(generations, name), { recursive: true, force: true })
  for (const name of await readdir(folder))
    if (draftedName(name) !== undefined) await rm(join(folder, name), { recursive: true, force: true })
}

/** Lets a file of the folder lead to that of the generation in use. On Windows, where only some may make links, it is a copy. */
const lead = async (places: Places, name: string, file: string, mode: number): Promise<void> => {
  const path = join(places.folder, file)
  if (isWindows) return replaceFile(path, await readFile(join(places.generations, name, file)), mode)
  const target = join('current', file)
  if ((await unlessMissing(readlink(path))) !== target) await relink(target, path)
}

/** Whether a file of the folder is what leads to one of a generation; on Windows a copy is all there can be. */
const isLead = async ({ folder }: Places, file: string): Promise<boolean> =>
  isWindows || (await unlessMissing(readlink(join(folder, file)))) === join('current', file)

/** The files of a generation, whatever is in them. */
type ModesOf = Readonly<Record<string, Pick<Generation[string], 'mode'>>>

/** Removes what leads to files that were in earlier generations and are no more: a copy would be one of an earlier key. */
const removeStaleLeads = async (places: Places, files: ModesOf): Promise<void> => {
  const names = (await readdir(places.generations)).filter((name) => numbered.test(name))
  const had = await Promise.all(names.map((name) => readdir(join(places.generations, name))))
  for (const file of new Set(had.flat()))
    if (!Object.hasOwn(files, file) && (await isLead(places, file)))
      await rm(join(places.folder, file), { recursive: true, force: true, maxRetries: 5 })
}

/** Reads a file of every generation there is, the earliest first. */
export const readGenerations = async (folder: string, file: string): Promise<readonly string[]> => {
  const { generations } = placesIn(folder)
  const names = ((await unlessMissing(readdir(generations))) ?? []).filter((name) => numbered.test(name))
  const texts = names.toSorted().map((name) => unlessMissing(readFile(join(generations, name, file), 'utf8')))
  return (await Promise.all(texts)).filter((text) => text !== undefined)
}

/** Whether a path is a plain file, as earlier versions wrote them. */
const isPlain = async (path: string): Promise<boolean> =>
  (await unlessMissing(lstat(path)))?.isFile() === true

/** Makes a generation of files that an earlier version wrote: so that there is no moment at which two do not fit. */
const takeOver = async (places: Places, files: Generation): Promise<void> => {
  const found: [string, Generation[string]][] = []
  for (const [file, { mode }] of Object.entries(files)) {
    const path = join(places.folder, file)
    if (await isPlain(path)) found.push([file, { content: await readFile(path), mode }])
  }
  if (found.length === 0 || isWindows) return
  const name = await nextName(places, undefined)
  await write(places, name, Object.fromEntries(found))
  await pointTo(name, places)
  await leadAll(places, name, Object.fromEntries(found))
}

const leadAll = async (places: Places, name: string, files: ModesOf): Promise<void> => {
  for (const [file, { mode }] of Object.entries(files)) await lead(places, name, file, mode)
}

/**
 * Has the names of a folder lead to the generation in use, where a crash kept switchGeneration() from it. Does nothing where
 * there is none.
 */
export const settleGeneration = async (folder: string): Promise<void> => {
  const places = placesIn(folder)
  const name = currentName(places)
  if (name === undefined) return
  const generation = join(places.generations, name)
  const found = (await readdir(generation)).map(async (file) => {
    const { mode } = await stat(join(generation, file))
    return [file, { mode: mode & 0o777 }] as const
  })
  const files = Object.fromEntries(await Promise.all(found))
  await leadAll(places, name, files)
  await removeStaleLeads(places, files)
}

/**
 * Puts the next generation into use: a reader that follows `current` once sees the old files or the new ones, and so does one
 * that comes after a crash. The one before stays until the next.
 */
export const switchGeneration = async (folder: string, files: Generation): Promise<void> => {
  const places = placesIn(folder)
  await mkdir(places.generations, { recursive: true, mode: 0o700 })
  if (currentName(places) === undefined) await takeOver(places, files)
  const before = currentName(places)
  const name = await nextName(places, before)
  await write(places, name, files)
  // Links first: there is no moment at which a certificate is in use that its name does not lead to. A copy would be of the next.
  if (!isWindows) await leadAll(places, name, files)
  await pointTo(name, places)
  await syncFolder(folder)
  if (isWindows) await leadAll(places, name, files)
  await removeStaleLeads(places, files)
  await removeOthers(places, [before, name])
}
