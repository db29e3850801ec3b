import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Refusal } from '../errors/refusal.ts'

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

const reasons: Readonly<Record<string, string>> = {
  EROFS:
    'it is read-only for this process (EROFS). A service writes where its unit lets it: run `mayfly agent install` again once its configuration names other folders, and name those of hooks by ReadWritePaths= in `systemctl edit mayfly-agent`',
  EACCES: 'this user may not (EACCES)',
  EPERM: 'this user may not (EPERM)',
}

/** Explains why a path cannot be written to; anything else stays as it is. */
export const unwritable = (path: string, error: unknown): unknown => {
  const why = reasons[codeOf(error)]
  return why === undefined
    ? error
    : new Refusal('path-unwritable', `Cannot write to ${path}: ${why}.`, { cause: error })
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/** Makes one folder. A umask may take from it what other users, such as VPN servers, need. */
const makeOne = async (path: string, mode: number): Promise<void> => {
  await mkdir(path, { mode })
  if ((mode & ~(await stat(path)).mode) !== 0) await chmod(path, mode)
}

const make = async (path: string, mode: number): Promise<void> => {
  try {
    await makeOne(path, mode)
  } catch (error) {
    if (await isFolder(path)) return
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error
    await make(dirname(path), mode)
    await makeOne(path, mode).catch(async (again: unknown) => {
      if (!(await isFolder(path))) throw again
    })
  }
}

/**
 * Makes a folder, and those that lead to it, unless they are there, with this mode whatever the umask. Node.js has that as well,
 * but for the umask, and says ENOENT where a file system is read-only.
 * @throws {Refusal} `path-unwritable`
 */
export const makeFolder = async (path: string, mode: number): Promise<void> => {
  try {
    await make(path, mode)
  } catch (error) {
    throw unwritable(path, error)
  }
}
