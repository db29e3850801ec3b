import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** A pipe that nobody writes to would be waited for without end. */
export const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Opens a file to read it, waits for nothing that is none, and closes it. @param act is told what it is before it reads. */
export const withOpenFile = async <T>(
  file: string,
  act: (opened: FileHandle, status: Stats) => Promise<T> | T,
): Promise<T> => {
  const opened = await open(file, openFlags)
  try {
    return await act(opened, await opened.stat())
  } finally {
    await opened.close()
  }
}
