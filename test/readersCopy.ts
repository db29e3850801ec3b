import { execFile, execFileSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Program, startProgram } from './e2e/program.ts'
import { threePorts } from './e2e/threePorts.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

/** Reads a file of the project. */
export const projectFile = (name: string): Promise<string> => readFile(join(root, name), 'utf8')

/** The commands of a document, one string a fence, those that only Azure or its tools can run left out. */
export const fencesOf = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands = '']) => commands.trim())

/** What git would give a reader, and the packages `npm ci` would install. */
const copyProject = async (target: string): Promise<void> => {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  for (const file of listed.toString().split('\0').filter(Boolean)) {
    await cp(join(root, file), join(target, file), { force: true }).catch(() => undefined)
  }
  await symlink(join(root, 'node_modules'), join(target, 'node_modules'), 'junction')
}

/** A reader's copy of the project, where the commands of a document run as they stand. */
export interface ReadersCopy extends AsyncDisposable {
  readonly folder: string
  /** What the documents call 7071. */
  readonly port: number
  /** Runs commands as a POSIX shell does, against the port of this copy. */
  shell(commands: string): Promise<{ readonly stdout: string; readonly stderr: string }>
  /** Runs `npm start` until the end of the test, or until it is called again: that is a restart. */
  start(): Promise<void>
}

/** Makes a reader's copy in a folder of its own. */
export const readersCopy = async (): Promise<ReadersCopy> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-reader-'))
  const port = await threePorts()
  await copyProject(folder)
  let service: Program | undefined
  // The cache of compiled sources goes by their places, and would grow with every copy.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') }
  return {
    folder,
    port,
    shell: (commands) =>
      run('bash', ['-euo', 'pipefail', '-c', commands.replaceAll('7071', String(port))], {
        cwd: folder,
        env,
      }),
    async start() {
      await service?.stop()
      service = startProgram('npm', ['start', '--', '--port', String(port)], { cwd: folder, env })
      await service.waitFor(/Ctrl-C stops everything/)
    },
    async [Symbol.asyncDispose]() {
      await service?.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
