import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program that runs, with what it wrote so far. */
export interface Program {
  readonly child: ChildProcess
  output(): string
  /** Resolves with the match once the output has one. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>
  /** Resolves with the exit code of a program that ends by itself. */
  exitCode(): Promise<number | null>
  /** Does what Ctrl-C does in a terminal, a signal to the whole process group, and resolves with the exit code. */
  stop(): Promise<number | null>
}

const waitMilliseconds = 150_000
const posix = process.platform !== 'win32'

/** Starts a program; its standard input is empty. */
export const startProgram = (
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Program => {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: posix })
  let output = ''
  const watchers = new Set<() => void>()
  const onData = (chunk: Buffer): void => {
    output += chunk.toString()
    for (const watcher of watchers) watcher()
  }
  child.stdout.on('data', onData)
  child.stderr.on('data', onData)
  const exited = once(child, 'exit')
  return {
    child,
    output: () => output,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`No ${pattern} within 150 s in: ${output}`)),
          waitMilliseconds,
        )
        const look = (): void => {
          const match = pattern.exec(output)
          if (!match) return
          clearTimeout(timer)
          watchers.delete(look)
          resolve(match)
        }
        watchers.add(look)
        look()
        exited.then(() => reject(new Error(`Ended without ${pattern}: ${output}`)), reject)
      }),
    async exitCode() {
      await exited
      return child.exitCode
    },
    async stop() {
      if (child.exitCode === null && child.pid !== undefined)
        process.kill(posix ? -child.pid : child.pid, 'SIGINT')
      await exited
      return child.exitCode
    },
  }
}
