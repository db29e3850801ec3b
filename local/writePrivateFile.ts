import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { replaceFile } from '../lib/files/replaceFile.ts'

/** Replaces a file in one step; its owner alone can read it. */
export const writePrivateFile = async (file: string, text: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await replaceFile(file, text, 0o600)
}

/** Reads a file, or makes its content and writes it when there is none. */
export const readOrMake = async (file: string, make: () => string | Promise<string>): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const text = await make()
    await writePrivateFile(file, text)
    return text
  }
}
