import { type Stats } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'

const refuse = (option: string, path: string, why: string): Refusal =>
  new Refusal('usage-wrong', `Cannot write to ${path} (--${option}): ${why}.`)

const faults: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'it lies beneath what is no folder',
  EACCES: 'this user may not write there',
  EEXIST: 'it exists already',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
}

const refuseFault = (option: string, path: string, error: unknown): Refusal => {
  const { code = '' } = error as NodeJS.ErrnoException
  return refuse(option, path, `${faults[code] ?? 'it cannot be written'} (${code})`)
}

/** Reads what is there; undefined when nothing is. */
const found = async (option: string, path: string): Promise<Stats | undefined> => {
  if (path === '-')
    throw refuse(option, path, 'a file is written, not standard output; ./- is a file of that name')
  try {
    return await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw refuseFault(option, path, error)
  }
}

/**
 * Checks that a file can be put where an option says, before anything is done for it.
 * @throws {Refusal} `usage-wrong` for `-`, a folder, a pipe or a device, and beneath a folder that does not exist.
 */
export const checkOutputFile = async (option: string, file: string): Promise<void> => {
  const there = await found(option, file)
  if (there?.isDirectory() === true || /[/\\]$/.test(file)) throw refuse(option, file, 'it is a folder')
  if (there?.isFile() === false) throw refuse(option, file, 'it is no regular file, but a pipe or a device')
  await stat(dirname(file)).catch((error: unknown) => {
    throw refuseFault(option, file, error)
  })
}

/** The same for a file that must not be there yet. @throws {Refusal} `usage-wrong` */
export const checkNewFile = async (option: string, file: string): Promise<void> => {
  await checkOutputFile(option, file)
  if (await found(option, file)) throw refuse(option, file, 'it exists already')
}

/**
 * Checks that an option names a folder, or one that can be made.
 * @throws {Refusal} `usage-wrong`
 */
export const checkOutputFolder = async (option: string, folder: string): Promise<void> => {
  const there = await found(option, folder)
  if (there?.isDirectory() === false) throw refuse(option, folder, 'it is no folder')
}

/**
 * Writes a file that must not be there yet: whole, or not at all.
 * @throws {Refusal} `usage-wrong`
 */
export const writeNewFile = async (
  option: string,
  file: string,
  { text, mode }: { readonly text: string; readonly mode: number },
): Promise<void> => {
  const handle = await open(file, 'wx', mode).catch((error: unknown) => {
    throw refuseFault(option, file, error)
  })
  try {
    await handle.writeFile(text)
    await handle.sync()
  } catch (error) {
    await rm(file, { force: true })
    throw refuseFault(option, file, error)
  } finally {
    await handle.close()
  }
}
