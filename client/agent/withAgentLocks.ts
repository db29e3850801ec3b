import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type LockOptions, withFolderLock } from '../../lib/files/withFolderLock.ts'
import { checkUnshared } from '../checkUnshared.ts'

/**
 * Runs the one agent of some folders. One that is not there is made for its owner alone.
 * @throws {Refusal} `folder-busy`, with who has it, when another agent shows a sign of life; `path-shared`
 */
export const withAgentLocks = async <T>(
  [folder, ...more]: readonly string[],
  act: () => Promise<T>,
  options: Pick<LockOptions, 'holder' | 'signal'> & Partial<LockOptions>,
): Promise<T> => {
  if (folder === undefined) return act()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await checkUnshared(folder, 'the folder')
  return withFolderLock(join(folder, 'agent.lock'), () => withAgentLocks(more, act, options), {
    ...options,
    isForOne: true,
  })
}
