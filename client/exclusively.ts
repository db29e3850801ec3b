import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../lib/errors/refusal.ts'

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code

const unlessMissing = <T>(acting: Promise<T>): Promise<T | undefined> =>
  acting.catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  })

const take = async (file: string, owner: string): Promise<boolean> => {
  try {
    await writeFile(file, owner, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

/** Takes away the lock of a process that is gone; what turns out to be the lock of another is put back. */
const breakStale = async (file: string): Promise<void> => {
  const owner = await unlessMissing(readFile(file, 'utf8'))
  const [pid = ''] = (owner ?? '').split(' ')
  // The owner writes its name after it made the file: who finds it empty waits.
  if (!/^\d+$/.test(pid) || isRunning(Number(pid))) return
  const taken = `${file}.${randomUUID()}`
  await unlessMissing(rename(file, taken))
  if ((await unlessMissing(readFile(taken, 'utf8'))) !== owner) await unlessMissing(link(taken, file))
  await rm(taken, { force: true })
}

/** How long the others may take, each for a few files. */
const patienceMilliseconds = 20_000

/**
 * Acts while no other process that uses the same lock does. The lock of a process that is gone does not count.
 * @param file the lock: a file that is there while somebody acts.
 * @throws {Refusal} `configuration-conflict` when others do not come to an end.
 */
export const exclusively = async <T>(file: string, act: () => Promise<T>): Promise<T> => {
  const owner = `${process.pid} ${randomUUID()}`
  const end = performance.now() + patienceMilliseconds
  while (!(await take(file, owner))) {
    if (performance.now() > end)
      throw new Refusal('configuration-conflict', `Cannot go on: another process holds ${file}.`)
    await breakStale(file)
    await sleep(20 + Math.random() * 30)
  }
  try {
    return await act()
  } finally {
    await rm(file, { force: true })
  }
}
