import { setTimeout as sleep } from 'node:timers/promises'
import { lookAtTicket } from './lockTicket.ts'
import { holderOf } from './withFolderLock.ts'

/** How a lock is: had by a process that lives, left by one that does not, or free. */
export type LockState =
  | { readonly kind: 'free' }
  | { readonly kind: 'held' | 'left'; readonly holder: string }

/** Longer than two beats of whoever has a lock. */
const watchMilliseconds = 2_500
const pollMilliseconds = 250

/**
 * Looks who has a lock of withFolderLock(), without taking it: whoever shows a sign of life within a few seconds has it, unless
 * it is known what became of its process.
 */
export const watchLock = async (folder: string): Promise<LockState> => {
  const first = (await lookAtTicket(folder)).seen
  for (let waited = 0; waited < watchMilliseconds; waited += pollMilliseconds) {
    const { seen } = await lookAtTicket(folder)
    if (seen.kind === 'free') return { kind: 'free' }
    const holder = await holderOf(folder)
    if (seen.kind === 'held' && seen.life === 'ended') return { kind: 'left', holder }
    const hasPassed = seen.kind === 'gone' || first.kind !== 'held' || seen.trace !== first.trace
    if (hasPassed || seen.life === 'stopped') return { kind: 'held', holder }
    await sleep(pollMilliseconds)
  }
  return { kind: 'left', holder: await holderOf(folder) }
}
