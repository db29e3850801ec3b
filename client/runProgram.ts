import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'

/** A program that is run to its end. */
export interface ProgramRun {
  /** A file, or a line for the shell. */
  readonly program: string
  readonly arguments?: readonly string[]
  readonly isShell?: boolean
  /** The whole of it: what is undefined is not there. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What it reads; nothing when left out. */
  readonly input?: string | Uint8Array
  readonly timeoutMilliseconds: number
  /** How much of what it writes is kept; 256 KiB when left out. */
  readonly maxOctets?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a program did. */
export interface ProgramEnd {
  /** Says why it did not succeed, after its name: `ended with 3`; undefined when it did. */
  readonly how: string | undefined
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** More than any token or notice has. What a program writes beyond is dropped. */
const usualMaxOctets = 256 * 1024

const isWindows = process.platform === 'win32'

/** Keeps what a program writes. */
const collect = (
  stream: NodeJS.ReadableStream | null,
  maxOctets: number,
): { readonly octets: () => Buffer } => {
  const chunks: Buffer[] = []
  let length = 0
  stream?.on('data', (chunk: Buffer) => {
    if (length < maxOctets) chunks.push(chunk.subarray(0, maxOctets - length))
    length += chunk.length
  })
  return { octets: () => Buffer.concat(chunks) }
}

/** How long what a program wrote is read after it ended, where what it left running holds the other end. */
const drainMilliseconds = 500

/** Lets what a program left running go on, and this process end before it. What it writes is dropped. */
const letGo = ({ stdout, stderr }: ChildProcess): void => {
  for (const stream of [stdout, stderr]) if (stream instanceof Socket) stream.unref()
}

/** Ends a program and, where it has a group of its own, what it started. */
const end = (child: ChildProcess, hasGroup: boolean): void => {
  try {
    if (hasGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
  child.stdout?.destroy()
  child.stderr?.destroy()
}

const endOf = (code: number | null, signal: string | null): string | undefined =>
  code === 0 ? undefined : `ended with ${code ?? signal}`

/** A group of its own, but on a terminal, whose Ctrl-C is to reach it. */
const hasGroup = (): boolean => !isWindows && !process.stdin.isTTY

/** @returns the name of the fault where the system does not even begin, such as `E2BIG`. */
const begin = ({ program, arguments: args = [], isShell = false, environment }: ProgramRun) => {
  try {
    return spawn(program, [...args], {
      shell: isShell,
      detached: hasGroup(),
      windowsHide: true,
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  }
}

/**
 * Runs a program. It is ended, with what it started, when its time is over or the signal aborts: nothing is waited for then.
 * What it left running when it ended by itself goes on. On a terminal it stays within the group of this process, which Ctrl-C
 * reaches.
 */
export const runProgram = async (run: ProgramRun): Promise<ProgramEnd> => {
  const { input, timeoutMilliseconds, maxOctets = usualMaxOctets, signal } = run
  const child = begin(run)
  if (typeof child === 'string')
    return { how: `cannot be run (${child})`, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  const [out, err] = [collect(child.stdout, maxOctets), collect(child.stderr, maxOctets)]
  // A program that reads nothing may be gone before it is written to.
  child.stdin.on('error', () => undefined).end(input)
  return new Promise((resolve) => {
    let drain: NodeJS.Timeout | undefined
    const finish = (how: string | undefined) => {
      clearTimeout(timer)
      clearTimeout(drain)
      signal?.removeEventListener('abort', abort)
      resolve({ how, stdout: out.octets(), stderr: err.octets() })
    }
    const give = (how: string) => {
      end(child, hasGroup())
      finish(how)
    }
    const abort = () => give('was stopped')
    const timer = setTimeout(give, timeoutMilliseconds, `took more than ${timeoutMilliseconds / 1000} s`)
    child.once('error', (error: NodeJS.ErrnoException) => finish(`cannot be run (${error.code})`))
    child.once('close', (code, name) => finish(endOf(code, name)))
    child.once('exit', (code, name) => {
      letGo(child)
      drain = setTimeout(finish, drainMilliseconds, endOf(code, name))
    })
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
  })
}
