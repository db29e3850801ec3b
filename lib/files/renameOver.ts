import { rename } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../errors/refusal.ts'

/** What Windows says of a file that another program holds open. */
const inUse = new Set(['EPERM', 'EACCES', 'EBUSY'])

/** Waits between attempts, in milliseconds: readers of small files are done soon. */
const waits = [10, 20, 40, 80, 160, 320, 640, 1_280] as const

/** Reaches the system: tests give their own. */
export interface RenameSystem {
  readonly rename: (from: string, to: string) => Promise<void>
  /** Whether a file that somebody reads cannot be replaced. */
  readonly isWindows: boolean
  readonly sleep: (milliseconds: number) => Promise<unknown>
}

const system: RenameSystem = { rename, isWindows: process.platform === 'win32', sleep }

/**
 * Puts a file in the place of another, which readers see whole: the old one or the new one. Windows refuses that while
 * somebody has the old one open: it is tried again for two and a half seconds there.
 * @throws {Refusal} `file-in-use` when it is open for longer
 */
export const renameOver = async (
  from: string,
  to: string,
  { rename: move, isWindows, sleep: wait } = system,
): Promise<void> => {
  for (const milliseconds of [...waits, undefined]) {
    try {
      return await move(from, to)
    } catch (error) {
      if (!isWindows || !inUse.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      if (milliseconds === undefined)
        throw new Refusal(
          'file-in-use',
          `Cannot replace ${basename(to)}: another program has ${to} open, or may not be written over.`,
          { cause: error, retryAfterSeconds: 5 },
        )
      await wait(milliseconds)
    }
  }
}
