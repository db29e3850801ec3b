import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../errors/refusal.ts'

/** Times of a lock, in milliseconds. */
export interface LockTimes {
  /** How often whoever has the lock shows that it lives. */
  readonly beat: number
  /** How long it may show nothing before it counts as dead. */
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
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined
}

const usual: LockTimes = { beat: 1_000, stale: 10_000, patience: 60_000 }
const pollMilliseconds = 50

/** What a look counts for at the most: of a machine that slept, whoever waited is not to take the lock of whoever worked. */
const longestStep = 1_000

const released = 'released'

/** Who said last that it has a lock. */
export const holderOf = async (folder: string): Promise<string> => {
  const holder = await readFile(join(folder, 'holder'), 'utf8').catch(() => '')
  return /^[\x20-\x7e]{1,200}$/.test(holder) ? holder : 'another process'
}

const busy = async (folder: string): Promise<Refusal> =>
  new Refusal('folder-busy', `Cannot use the folder ${folder}: ${await holderOf(folder)} has it.`)

interface Ticket {
  readonly number: number
  readonly file: string
}

/** The tickets of a folder, the latest first. Each is a file named by its number; there is always one left. */
const tickets = async (folder: string): Promise<readonly Ticket[]> =>
  (await readdir(folder))
    .filter((name) => /^\d{1,15}$/.test(name))
    .map((name) => ({ number: Number(name), file: join(folder, name) }))
    .toSorted((one, other) => other.number - one.number)

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code

/** Reads what changes when the holder of a ticket beats or releases it; undefined once it is gone. */
const traceOf = async ({ file }: Ticket): Promise<string | undefined> => {
  try {
    const { size, mtimeMs, ino } = await stat(file)
    return size > 0 ? released : `${ino} ${mtimeMs}`
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Reads what changes when the holder of a lock beats or passes it on, without taking part.
 * @returns undefined when nobody has it.
 */
export const traceOfLock = async (folder: string): Promise<string | undefined> => {
  const [latest] = await tickets(folder).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return []
    throw error
  })
  const trace = latest && (await traceOf(latest))
  return trace === released ? undefined : trace
}

/**
 * Draws the ticket after this one. A file is made by one process only; numbers only grow, so whoever finds a greater one
 * came late.
 */
const draw = async (folder: string, after: number): Promise<Ticket | undefined> => {
  const mine = { number: after + 1, file: join(folder, String(after + 1)) }
  try {
    await writeFile(mine.file, '', { flag: 'wx', mode: 0o644 })
  } catch (error) {
    if (isCode(error, 'EEXIST')) return undefined
    throw error
  }
  const [latest, ...older] = await tickets(folder)
  if (latest?.number !== mine.number) {
    await rm(mine.file, { force: true })
    return undefined
  }
  for (const { file } of older) await rm(file, { force: true })
  return mine
}

/** Watches the latest ticket: clocks, process ids and hosts, which may differ or be given anew, do not count. */
const acquire = async (
  folder: string,
  { stale, patience, isForOne, signal }: LockTimes & Partial<LockOptions>,
): Promise<Ticket> => {
  const since = performance.now()
  let [clock, now] = [since, since]
  let seen: { readonly trace: string; readonly at: number } | undefined
  for (;;) {
    const [latest] = await tickets(folder)
    const trace = latest ? await traceOf(latest) : released
    const before = clock
    clock = performance.now()
    now += Math.min(clock - before, longestStep)
    if (isForOne && seen && trace !== released && trace !== seen.trace) throw await busy(folder)
    if (trace !== undefined && trace !== seen?.trace) seen = { trace, at: now }
    if (trace === released || (seen && now - seen.at >= stale)) {
      const mine = await draw(folder, latest?.number ?? 0)
      if (mine) return mine
      continue
    }
    if (now - since > patience || signal?.aborted) throw await busy(folder)
    await sleep(pollMilliseconds)
  }
}

/**
 * Does something while no other process does anything of the kind with a folder. The lock of a process that died, or of
 * another machine, counts until it has shown no sign of life for ten seconds.
 * @param folder one that is for nothing but the lock; made when it is missing.
 * @throws {Refusal} `folder-busy` when another process has it for a minute.
 */
export const withFolderLock = async <T>(
  folder: string,
  act: () => Promise<T>,
  options: Partial<LockOptions> = {},
): Promise<T> => {
  const times = { ...usual, ...options }
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const { file } = await acquire(folder, times)
  const beat = setInterval(() => {
    const now = new Date()
    // Whoever waits takes a ticket that is gone for lost; what is done by then was done under the lock.
    utimes(file, now, now).catch(() => undefined)
  }, times.beat)
  try {
    // On a full disk nobody is named.
    if (options.holder !== undefined)
      await writeFile(join(folder, 'holder'), options.holder).catch(() => undefined)
    return await act()
  } finally {
    clearInterval(beat)
    // A length takes no room on a full disk. A ticket that is gone was taken for lost.
    await truncate(file, released.length).catch(() => undefined)
  }
}
