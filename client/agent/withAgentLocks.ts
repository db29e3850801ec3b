import { join } from 'node:path'
import { makeFolder } from '../../lib/files/makeFolder.ts'
import { type LockOptions, withFolderLock } from '../../lib/files/withFolderLock.ts'
import { checkUnshared } from '../checkUnshared.ts'

type Options = Pick<LockOptions, 'holder' | 'signal'> & Partial<LockOptions>

const withAgentLock = async <T>(folder: string, act: () => Promise<T>, options: Options): Promise<T> => {
  await makeFolder(folder, 0o700)
  await checkUnshared(folder, 'the folder')
  return withFolderLock(join(folder, 'agent.lock'), act, { ...options, isForOne: true })
}

/** Takes locks at the same time: those of an agent that was killed count for ten seconds, however many there are. */
const withAll = async <T>(
  folders: readonly string[],
  act: () => Promise<T>,
  options: Options,
): Promise<T> => {
  const [leaving, lost] = [Promise.withResolvers<void>(), new AbortController()]
  const signal = AbortSignal.any([lost.signal, ...(options.signal ? [options.signal] : [])])
  const locks = folders.map((folder) => {
    const entered = Promise.withResolvers<void>()
    const hold = async () => {
      entered.resolve()
      await leaving.promise
    }
    const left = withAgentLock(folder, hold, { ...options, signal }).catch(entered.reject)
    return { entered: entered.promise, left }
  })
  try {
    await Promise.all(locks.map(({ entered }) => entered))
    return await act()
  } finally {
    lost.abort()
    leaving.resolve()
    await Promise.all(locks.map(({ left }) => left))
  }
}

/**
 * Runs the one agent of some folders. One that is not there is made for its owner alone.
 * @param act ends when its signal aborts: somebody else may have a folder by then.
 * @throws {Refusal} `folder-busy`, with who has it, when another agent shows a sign of life; `path-shared`, `path-unwritable`
 */
export const withAgentLocks = async <T>(
  folders: readonly string[],
  act: (lost: AbortSignal) => Promise<T>,
  options: Options,
): Promise<T> => {
  const [first, ...more] = [...new Set(folders)].toSorted()
  const lost = new AbortController()
  const run = () => act(lost.signal)
  if (first === undefined) return run()
  const watching = { ...options, onLost: () => lost.abort() }
  // The first decides between two that begin at once.
  return withAgentLock(first, () => withAll(more, run, watching), watching)
}
