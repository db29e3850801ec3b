import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../../lib/files/makeFolder.ts'
import { refuseKeyFile } from '../../lib/x509/readSecretFile.ts'
import { runProgram } from '../runProgram.ts'

/** The machine that keys are kept on. */
export interface KeyMachine {
  readonly platform: NodeJS.Platform
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** This machine, as far as it can be known without its environment. */
export const thisMachine: KeyMachine = { platform: process.platform, environment: {} }

const timeoutMilliseconds = 30_000
/** The system's own account. */
const systemSid = '*S-1-5-18'

const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )

/** Runs a program of Windows itself: by its path, because Windows would look into the current folder first. */
const runSystem = async (
  { environment }: KeyMachine,
  name: string,
  args: readonly string[],
): Promise<string> => {
  const root = environment['SystemRoot']
  if (root === undefined) throw new Error('SystemRoot is not set')
  const program = join(root, 'System32', `${name}.exe`)
  const { how, stdout } = await runProgram({ program, arguments: args, environment, timeoutMilliseconds })
  if (how === undefined) return stdout.toString()
  throw new Error(`${name} ${how}`)
}

/**
 * Tells the SID of the user of this process on Windows; under Wine, which tells none, the name.
 * @throws {Error} where Windows does not tell
 */
export const windowsUser = async (machine: KeyMachine): Promise<string> => {
  const told = await runSystem(machine, 'whoami', ['/user', '/fo', 'csv', '/nh'])
  const [sid = told.trim()] = /\bS-1-\d+(?:-\d+)+/.exec(told) ?? []
  return sid
}

/** Leaves a folder to the user of this process and to the system, and what comes into it. */
const restrict = async (folder: string, machine: KeyMachine): Promise<void> => {
  const found = await windowsUser(machine)
  const user = found.startsWith('S-1-') ? `*${found}` : found
  const grants = [...new Set([user, systemSid])].flatMap((one) => ['/grant:r', `${one}:(OI)(CI)F`])
  await runSystem(machine, 'icacls', [folder, '/inheritance:r', ...grants, '/q'])
}

/** Makes a folder under another name first: under its own, nobody else could ever read what is in it. */
const makeRestricted = async (folder: string, machine: KeyMachine): Promise<void> => {
  const draft = `${folder}.${randomUUID()}.tmp`
  await mkdir(dirname(folder), { recursive: true })
  await mkdir(draft)
  try {
    await restrict(draft, machine)
    await rename(draft, folder)
  } catch (error) {
    const why = (error as Error).message
    throw refuseKeyFile(folder, `this folder cannot be restricted to its owner (${why})`, error)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/**
 * Makes a folder that its owner alone can read, unless it is there: by its mode, on Windows by its access control list.
 * @throws {Refusal} `key-file-refused` where Windows does not restrict it, `path-unwritable`
 */
export const privateFolder = async (folder: string, machine: KeyMachine = thisMachine): Promise<void> => {
  if (machine.platform !== 'win32') await makeFolder(folder, 0o700)
  else if (!(await isThere(folder))) await makeRestricted(folder, machine)
}
