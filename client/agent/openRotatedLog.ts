import { appendFileSync, renameSync, statSync } from 'node:fs'
import { Refusal } from '../../lib/errors/refusal.ts'

const maxOctets = 1024 * 1024
const kept = 3

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Moves FILE to FILE.1, what was there to FILE.2, and so on; the oldest goes. */
const rotate = (file: string): void => {
  const nameOf = (number: number) => (number === 0 ? file : `${file}.${number}`)
  for (let number = kept - 1; number >= 0; number--)
    if (sizeOf(nameOf(number)) > 0) renameSync(nameOf(number), nameOf(number + 1))
}

/** Does what a full disk, or Windows with a reader, may not let happen: no reason to let a certificate end. */
const attempt = (act: () => void): void => {
  try {
    act()
  } catch {
    // There is nowhere to tell it: this is the log.
  }
}

/**
 * Opens a log where there is no journal: a file for its owner alone that begins anew with every MiB, and the three before it.
 * @returns what appends a line. @throws {Refusal} `usage-wrong` when the file cannot be made
 */
export const openRotatedLog = (file: string): ((line: string) => void) => {
  try {
    appendFileSync(file, '', { mode: 0o600 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new Refusal('usage-wrong', `Cannot write the log ${file}: ${code}.`, { cause })
  }
  return (line) => {
    attempt(() => {
      if (sizeOf(file) > maxOctets) rotate(file)
    })
    // A file that cannot be rotated goes on growing: what it is told is worth more.
    attempt(() => appendFileSync(file, `${line}\n`, { mode: 0o600 }))
  }
}
