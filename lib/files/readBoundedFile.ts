import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { Refusal } from '../errors/refusal.ts'
import { openFlags } from './withOpenFile.ts'

/** How much a file may have, and what makes the refusal of one, of a reason that follows its name. */
interface Bounds {
  readonly mostOctets: number
  readonly refuse: (why: string) => Refusal
}

const boundedOctets = (file: string, { mostOctets, refuse }: Bounds): Buffer => {
  const opened = openSync(file, openFlags)
  try {
    const status = fstatSync(opened)
    if (!status.isFile()) throw refuse('it is no regular file')
    if (status.size > mostOctets) throw refuse(`it has more than ${mostOctets} octets`)
    return readFileSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** Reads a file that is looked at again and again: no more than there may be, and nothing that would be waited for. */
export const readBoundedFile = (file: string, bounds: Bounds): Buffer => {
  try {
    return boundedOctets(file, bounds)
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw bounds.refuse(`it cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
