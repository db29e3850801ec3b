import { setTimeout as sleep } from 'node:timers/promises'
import { holderOf, traceOfLock } from './withFolderLock.ts'

/** How a lock is: had by a process that lives, left by one that does not, or free. */
export type LockState =
  | { readonly kind: 'free' }
  | { readonly kind: 'held' | 'left'; readonly holder: string }

/** Longer than two beats of whoever has a lock. */
const watchMilliseconds = 2_500
const pollMilliseconds = 250

/** Looks who has a lock of withFolderLock(), without taking it: whoever shows a sign of life within a few seconds has it. */
export const watchLock = async (folder: string): Promise<LockState> => {
  const first = await traceOfLock(folder)
  if (first === undefined) return { kind: 'free' }
  for (let waited = 0; waited < watchMilliseconds; waited += pollMilliseconds) {
    await sleep(pollMilliseconds)
    const trace = await traceOfLock(folder)
    if (trace === undefined) return { kind: 'free' }
    if (trace !== first) return { kind: 'held', holder: await holderOf(folder) }
  }
  return { kind: 'left', holder: await holderOf(folder) }
}
