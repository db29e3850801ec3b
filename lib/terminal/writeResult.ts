import { fstatSync, statSync, writeSync } from 'node:fs'
import { asciiJson, shownLines } from './shownText.ts'

/** A write tells its error to whoever wrote; without a listener it would end the process with a stack as well. */
const heard = (stream: NodeJS.WriteStream): NodeJS.WriteStream =>
  stream.listenerCount('error') > 0 ? stream : stream.on('error', () => undefined)

const writeOctets = (octets: Buffer): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    heard(process.stdout).write(octets, (error) => (error ? reject(error) : resolve()))
  })

/**
 * Writes to standard output, which nothing else does. Characters that a terminal obeys are escaped.
 * @returns when the operating system has taken the text.
 * @throws the error of the operating system, such as ENOSPC or EPIPE.
 */
export const writeResult = (text: string): Promise<void> => writeOctets(Buffer.from(shownLines(text)))

/**
 * Writes what it can by the number of standard output, where that is a file or a pipe.
 * @returns what is left: all of it elsewhere, and the rest to a pipe that takes no more at once.
 */
const writeByNumber = (octets: Buffer): Buffer => {
  // There a number is not always the output that the stream finds.
  if (process.platform === 'win32') return octets
  const output = fstatSync(1)
  if (!output.isFile() && !output.isFIFO()) return octets
  let left = octets
  try {
    while (left.length > 0) left = left.subarray(writeSync(1, left))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
  }
  return left
}

/** Does what writeResult() does, for a command that is to be quick: the streams of Node.js take long to load. */
export const writeResultAtOnce = async (text: string): Promise<void> => {
  const left = writeByNumber(Buffer.from(shownLines(text)))
  if (left.length > 0) await writeOctets(left)
}

/** Writes to standard error, which nothing else does. Where that fails, nobody is left to be told. */
export const writeAside = (text: string): void => void heard(process.stderr).write(shownLines(text))

/** Whether standard output takes what is written and loses it: the null device, which is also what a closed one becomes. */
export const isResultLost = (): boolean => {
  if (process.platform === 'win32') return false
  const [output, nowhere] = [fstatSync(1), statSync('/dev/null')]
  return output.isCharacterDevice() && output.rdev === nowhere.rdev
}

/** A line that the next one replaces. */
export const writeProgress = (text: string): void => {
  if (process.stderr.isTTY) heard(process.stderr).write(`\r\u001B[K${shownLines(text)}`)
}

/** A line of its own; where a program reads, an object that is no error's. */
export const writeNotice = (text: string, asJson: boolean): void => {
  writeProgress('')
  writeAside(asJson ? `${asciiJson({ notice: text })}\n` : `mayfly: ${text}\n`)
}

/** Asks whoever sits at the terminal. Ctrl-C and Ctrl-D are answers: no. */
export const ask = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false
  const { createInterface } = await import('node:readline/promises')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const left = new Promise<undefined>((resolve) => void terminal.once('close', () => resolve(undefined)))
    const answer = await Promise.race([terminal.question(shownLines(question)).catch(() => undefined), left])
    if (answer === undefined) writeAside('\n')
    return /^y(es)?$/i.test(answer?.trim() ?? '')
  } finally {
    terminal.close()
  }
}
