import { access, constants, statfs } from 'node:fs/promises'
import { type Found, ok, problem, warning } from './finding.ts'
import { nearestFolder } from './nearestFolder.ts'

/** What a renewal takes at the most, with the generation before. */
const leastOctets = 1024 * 1024
const warnOctets = 16 * leastOctets

/** What is left of the disk that a folder is on. */
export interface Space {
  readonly bsize: number
  /** Blocks for whoever is not root. */
  readonly bavail: number
  /** File nodes: all of them, 0 where a file system does not count them, and those that are left. */
  readonly files: number
  readonly ffree: number
}

/** Judges what is left of a disk. */
export const judgeSpace = ({ bsize, bavail, files, ffree }: Space): Found => {
  const octets = bsize * bavail
  const left = `${Math.floor(octets / 1024 / 1024)} MiB are left`
  const remedy = 'Make room on the disk: until then no renewal can be written, and the certificate ends.'
  if (files > 0 && ffree === 0) return problem(`the disk has room for no more files (${left})`, remedy)
  if (octets < leastOctets) return problem(`the disk is full: ${left}`, remedy)
  return octets < warnOctets ? warning(`the disk is nearly full: ${left}`, remedy) : ok(left)
}

/** Tells why a folder cannot be written to. */
export const unwritable = (folder: string, code = 'EIO'): Found =>
  problem(
    `${folder} cannot be written to (${code})`,
    code === 'EROFS'
      ? 'The disk is mounted for reading alone: mount it for writing.'
      : 'Run mayfly doctor as the user whom the agent runs for; where it is that, let it write to the folder.',
  )

/** Checks whether something can be written to a folder, without writing anything. */
export const spaceFound = async (folder: string): Promise<Found> => {
  const there = await nearestFolder(folder)
  try {
    await access(there, constants.W_OK)
  } catch (error) {
    return unwritable(there, (error as NodeJS.ErrnoException).code)
  }
  return judgeSpace(await statfs(there))
}
