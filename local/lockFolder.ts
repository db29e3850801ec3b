import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const tryLock = async (file: string): Promise<boolean> => {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Keeps a data folder for this process: two Azurites on one folder overwrite each other's rows. The lock of a process
 * that is gone does not count.
 * @returns what gives the folder back.
 * @throws {Error} when another process has it.
 */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  const file = join(folder, 'lock')
  if (!(await tryLock(file))) {
    const pid = Number(await readFile(file, 'utf8'))
    // A container that starts anew may give this process the id of the one that crashed.
    if (pid > 0 && pid !== process.pid && isRunning(pid)) {
      throw new Error(
        `Cannot start: process ${pid} uses ${folder}. Stop it, or choose another folder with --data.`,
      )
    }
    await rm(file, { force: true })
    if (!(await tryLock(file))) throw new Error(`Cannot start: another process uses ${folder}.`)
  }
  return () => rm(file, { force: true })
}
