import { appendFileSync, renameSync, statSync } from 'node:fs'

const maxOctets = 1024 * 1024
const kept = 3

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Moves FILE to FILE.1, what was there to FILE.2, and so on; the oldest goes. */
const rotate = (file: string): void => {
  const nameOf = (number: number) => (number === 0 ? file : `${file}.${number}`)
  for (let number = kept - 1; number >= 0; number--)
    if (sizeOf(nameOf(number)) > 0) renameSync(nameOf(number), nameOf(number + 1))
}

/**
 * Opens a log where there is no journal: a file for its owner alone that begins anew with every MiB, and the three before it.
 * @returns what appends a line. @throws {Error} that of the system when the file cannot be written
 */
export const openRotatedLog = (file: string): ((line: string) => void) => {
  appendFileSync(file, '', { mode: 0o600 })
  return (line) => {
    try {
      if (sizeOf(file) > maxOctets) rotate(file)
      appendFileSync(file, `${line}\n`, { mode: 0o600 })
    } catch {
      // A log that cannot be written, such as on a full disk, is no reason to let the certificate end.
    }
  }
}
