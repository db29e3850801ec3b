import { execFile, execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Program, startProgram } from './e2e/program.ts'
import { threePorts } from './e2e/threePorts.ts'
import { cliBundle } from '../tools/cliBundle.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

/** Copies what git would give a reader, and links the packages that `npm ci` would install. */
const copyProject = async (target: string): Promise<void> => {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  for (const file of listed.toString().split('\0').filter(Boolean)) {
    await cp(join(root, file), join(target, file), { force: true }).catch(() => undefined)
  }
  await symlink(join(root, 'node_modules'), join(target, 'node_modules'), 'junction')
}

/**
 * Does what `npx --no mayfly` does without npm, which takes as long as the command itself, and nothing else. The program is
 * one file, whose start takes half the time.
 */
const npxOf = (mayfly: string): string => `#!/bin/sh
[ "$1 $2" = '--no mayfly' ] || { echo "This npx knows 'npx --no mayfly' alone." >&2; exit 64; }
shift 2
exec '${process.execPath}' '${mayfly}' "$@"
`

/** A reader's copy of the project, where the commands of a page run as they stand. */
export interface ReadersCopy extends AsyncDisposable {
  readonly folder: string
  /** What the pages call 7071. */
  readonly port: number
  /** Runs commands as a POSIX shell does, against the port of this copy; by npm's own npx only where that is asked for. */
  shell(commands: string, by?: 'npx of npm'): Promise<{ readonly stdout: string; readonly stderr: string }>
  /** Runs `npm start` until the end of the test, or until it is called again: that is a restart. */
  start(): Promise<void>
}

/** Makes a reader's copy in a folder of its own. */
export const readersCopy = async (): Promise<ReadersCopy> => {
  const home = await mkdtemp(join(tmpdir(), 'mayfly-reader-'))
  const [folder, bin] = [join(home, 'mayfly'), join(home, 'bin')]
  const port = await threePorts()
  await copyProject(folder)
  await mkdir(bin)
  const mayfly = join(home, 'mayfly.mjs')
  await writeFile(mayfly, (await cliBundle(root, 'esm')).contents)
  await writeFile(join(bin, 'npx'), npxOf(mayfly), { mode: 0o755 })
  // The cache of compiled sources goes by their places: one for all copies would grow with each.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(home, 'compiled') }
  const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`
  let service: Program | undefined
  return {
    folder,
    port,
    shell: (commands, by) =>
      run('bash', ['-euo', 'pipefail', '-c', commands.replaceAll('7071', String(port))], {
        cwd: folder,
        env: by === undefined ? { ...env, PATH: path } : env,
      }),
    async start() {
      await service?.stop()
      service = startProgram('npm', ['start', '--', '--port', String(port)], { cwd: folder, env })
      await service.waitFor(/Ctrl-C stops everything/)
    },
    async [Symbol.asyncDispose]() {
      await service?.stop()
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
