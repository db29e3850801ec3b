import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** More than any file has that is used; of larger ones, their size and time tell enough. */
const mostOctets = 4 * 1024 * 1024

/** A pipe that nobody writes to would be waited for without end. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

const contentDigest = async (file: string, signal: AbortSignal): Promise<string> => {
  const opened = await open(file, openFlags)
  try {
    const status = await opened.stat()
    if (!status.isFile() || status.size > mostOctets) return `${status.size} ${status.mtimeMs}`
    return hash('sha256', await opened.readFile({ signal }))
  } finally {
    await opened.close()
  }
}

const digestOf = async (file: string, signal: AbortSignal): Promise<string> => {
  try {
    return await contentDigest(file, signal)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable'
  }
}

/** Tells one state of some files from another, also whether they are there. */
export const inputDigest = async (files: readonly string[], signal: AbortSignal): Promise<string> =>
  (await Promise.all(files.map((file) => digestOf(file, signal)))).join(' ')
