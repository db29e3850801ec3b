import { join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type LockOptions, withFolderLock } from '../../lib/files/withFolderLock.ts'

/**
 * Does something while nobody else, agent or not, changes the credential in a folder.
 * @throws {Refusal} `folder-busy` when another process has it for a minute, `path-unwritable`
 */
export const withRenewLock = async <T>(
  folder: string,
  act: () => Promise<T>,
  options: Partial<LockOptions> = {},
): Promise<T> => {
  let isEntered = false
  const enter = () => {
    isEntered = true
    return act()
  }
  try {
    return await withFolderLock(join(folder, 'renew.lock'), enter, options)
  } catch (error) {
    if (isEntered || !(error instanceof Refusal) || error.code !== 'folder-busy') throw error
    throw new Refusal(
      'folder-busy',
      `Cannot change the credential in ${folder}: another process, such as its agent, is changing it.`,
      { cause: error },
    )
  }
}
