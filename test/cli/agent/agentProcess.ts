import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text as consume } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const entry = fileURLToPath(new URL('../../../cli/mayfly.ts', import.meta.url))

/** An event as its line tells it. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string; readonly subject?: string }

/** A `mayfly agent`, or another command that stays, that runs until the test ends. */
export const startAgent = (words: readonly string[], cwd = '.', command: readonly string[] = ['agent']) => {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  const child = spawn(process.execPath, [entry, ...command, ...words], { cwd, stdio })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: Line[] = []
  let rest = ''
  child.stderr.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts.map((line) => JSON.parse(line) as Line))
  })
  const exited = once(child, 'exit')
  let told = 0
  return {
    child,
    lines,
    /** What it prints, once it ended. */
    out: consume(child.stdout),
    /** The next event that is wanted, from where the last call of this got. */
    async next(wanted: Partial<Line>): Promise<Line> {
      for (;;) {
        for (; told < lines.length; told++) {
          const line = lines[told]
          const isWanted = Object.entries(wanted).every(([name, value]) => line?.[name] === value)
          if (line && isWanted) {
            told += 1
            return line
          }
        }
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`The agent ended without ${JSON.stringify(wanted)}: ${JSON.stringify(lines)}`)
        await Promise.race([once(child.stderr, 'data'), exited])
      }
    },
    /** Ends it by a signal. @returns how it ended, and after how many milliseconds. */
    async end(signal: NodeJS.Signals) {
      const begun = performance.now()
      child.kill(signal)
      const [code] = (await exited) as [number | null]
      return { code, milliseconds: performance.now() - begun }
    },
  }
}
