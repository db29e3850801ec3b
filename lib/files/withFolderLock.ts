import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../errors/refusal.ts'
import { makeFolder, unwritable } from './makeFolder.ts'
import { beatTicket, drawTicket, lookAtTicket, type LockTicket, releaseTicket } from './lockTicket.ts'

/** Times of a lock, in milliseconds. */
export interface LockTimes {
  /** How often whoever has the lock shows that it lives. */
  readonly beat: number
  /** How long it may show nothing before it counts as dead, where nothing else is known of it. */
  readonly stale: number
  /** How long others wait for it. */
  readonly patience: number
}

/** How a lock is taken. */
export interface LockOptions extends LockTimes {
  /** Says who has it, to whoever cannot have it. */
  readonly holder: string
  /** Gives up as soon as whoever has it shows a sign of life. */
  readonly isForOne: boolean
  /** Hears that somebody else may have the lock by now: it was taken for lost, or its folder was removed. */
  readonly onLost: () => void
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined
}

const usual: LockTimes = { beat: 1_000, stale: 10_000, patience: 60_000 }
const pollMilliseconds = 50

/** What a look counts for at the most: of a machine that slept, whoever waited is not to take the lock of whoever worked. */
const longestStep = 1_000

/** Who said last that it has a lock. */
export const holderOf = async (folder: string): Promise<string> => {
  const holder = await readFile(join(folder, 'holder'), 'utf8').catch(() => '')
  return /^[\x20-\x7e]{1,200}$/.test(holder) ? holder : 'another process'
}

const busy = async (folder: string): Promise<Refusal> =>
  new Refusal('folder-busy', `Cannot use the folder ${folder}: ${await holderOf(folder)} has it.`)

/**
 * Watches the latest ticket, and takes the lock of a process that has ended for certain; where nothing is known of it, its beats
 * count, and neither clocks nor hosts.
 */
const acquire = async (
  folder: string,
  { stale, patience, isForOne, signal }: LockTimes & Partial<LockOptions>,
): Promise<LockTicket> => {
  const since = performance.now()
  let [clock, now] = [since, since]
  let before: { readonly trace: string; readonly at: number } | undefined
  for (;;) {
    const { number, seen } = await lookAtTicket(folder)
    const last = clock
    clock = performance.now()
    now += Math.min(clock - last, longestStep)
    const isStopped = seen.kind === 'held' && seen.life === 'stopped'
    const hasPassed = seen.kind === 'gone' || (seen.kind === 'held' && seen.trace !== before?.trace)
    if (isForOne && (isStopped || (before && hasPassed))) throw await busy(folder)
    // Whoever is stopped cannot beat, and goes on where it was.
    if (seen.kind === 'held' && (hasPassed || isStopped)) before = { trace: seen.trace, at: now }
    const hasEnded = seen.kind === 'held' && seen.life === 'ended'
    if (seen.kind === 'free' || hasEnded || (before && now - before.at >= stale)) {
      const mine = await drawTicket(folder, number)
      if (mine) return mine
      continue
    }
    if (now - since > patience || signal?.aborted) throw await busy(folder)
    await sleep(pollMilliseconds)
  }
}

/**
 * Does something while no other process does anything of the kind with a folder. The lock of a process of this machine that
 * ended is free at once; that of another machine or container counts until it has shown no sign of life for ten seconds.
 * @param folder one that is for nothing but the lock; made when it is missing.
 * @throws {Refusal} `folder-busy` when another process has it for a minute, `path-unwritable`.
 */
export const withFolderLock = async <T>(
  folder: string,
  act: () => Promise<T>,
  options: Partial<LockOptions> = {},
): Promise<T> => {
  const times = { ...usual, ...options }
  await makeFolder(folder, 0o755)
  const ticket = await acquire(folder, times).catch((error: unknown) => {
    throw unwritable(folder, error)
  })
  const show = async () => {
    if (!(await beatTicket(ticket, new Date()))) options.onLost?.()
  }
  const beat = setInterval(() => void show(), times.beat)
  try {
    // On a full disk nobody is named.
    if (options.holder !== undefined)
      await writeFile(join(folder, 'holder'), options.holder).catch(() => undefined)
    return await act()
  } finally {
    clearInterval(beat)
    await releaseTicket(ticket)
  }
}
