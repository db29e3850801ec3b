import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('../../cli/mayfly.ts', import.meta.url))

/** What came out of the CLI as a program. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `mayfly` as a program in this folder, with this text as its standard input, and these variables set. */
export const runMayfly = async (
  folder: string,
  args: readonly string[],
  input = '',
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> => {
  const env = { ...process.env, ...variables }
  const child = spawn(process.execPath, [entry, ...args], { cwd: folder, env })
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('exit', resolve).once('error', reject)
  })
  // Who does not read its input may be gone before all of it is written.
  child.stdin.once('error', () => undefined).end(input)
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  return { code, stdout, stderr }
}
