import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The folder, or the nearest there is of those that it would be made in. */
export const nearestFolder = async (path: string): Promise<string> => {
  const isThere = await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
  return isThere || path === dirname(path) ? path : nearestFolder(dirname(path))
}
