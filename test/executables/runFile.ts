import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a program that ended wrote, and its exit code; null for one that was killed. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A program under way. */
export interface Begun {
  readonly ended: Promise<Ended>
  readonly kill: () => void
}

/** Starts a program whose output goes to files: Windows' programs lose what they write to pipes under Wine. */
export const begin = async (
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Begun> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-run-'))
  const [out, err] = [join(folder, 'out'), join(folder, 'err')]
  const handles = [await open(out, 'w'), await open(err, 'w')]
  const child = spawn(file, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', ...handles.map(({ fd }) => fd)],
  })
  const finish = async (): Promise<Ended> => {
    const [code] = (await once(child, 'exit')) as [number | null]
    for (const handle of handles) await handle.close()
    const ended = { code, out: await readFile(out, 'utf8'), err: await readFile(err, 'utf8') }
    await rm(folder, { recursive: true, force: true })
    return ended
  }
  return { ended: finish(), kill: () => void child.kill('SIGKILL') }
}

/** Runs a program to its end. */
export const runFile = async (...begun: Parameters<typeof begin>): Promise<Ended> =>
  (await begin(...begun)).ended
