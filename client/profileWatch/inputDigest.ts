import { hash } from 'node:crypto'
import { withOpenFile } from '../../lib/files/withOpenFile.ts'

/** More than any file has that is used; of larger ones, their size and time tell enough. */
const mostOctets = 4 * 1024 * 1024

const contentDigest = (file: string, signal: AbortSignal): Promise<string> =>
  withOpenFile(file, async (opened, status) => {
    if (!status.isFile() || status.size > mostOctets) return `${status.size} ${status.mtimeMs}`
    return hash('sha256', await opened.readFile({ signal }))
  })

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
