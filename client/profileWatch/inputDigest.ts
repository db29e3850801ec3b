import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

const digestOf = async (file: string, signal: AbortSignal): Promise<string> => {
  try {
    return hash('sha256', await readFile(file, { signal }))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable'
  }
}

/** Tells one state of some files from another, also whether they are there. */
export const inputDigest = async (files: readonly string[], signal: AbortSignal): Promise<string> =>
  (await Promise.all(files.map((file) => digestOf(file, signal)))).join(' ')
