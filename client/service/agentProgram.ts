import { realpath } from 'node:fs/promises'
import { Refusal } from '../../lib/errors/refusal.ts'
import { checkUnshared } from '../checkUnshared.ts'
import type { AgentService } from './agentService.ts'

/** The program that runs. */
export interface RunningProgram {
  /** The executable: of Node.js, or one that has the program inside. */
  readonly executable: string
  /** What Node.js runs; undefined where the program is inside. */
  readonly script: string | undefined
  /** Folders of temporary files. */
  readonly temporary: readonly string[]
}

const refuse = (path: string, why: string) =>
  new Refusal('install-refused', `Cannot install a service that runs ${path}: ${why}.`)

const isBelow = (path: string, folder: string): boolean =>
  path.startsWith(`${folder}/`) || path.startsWith(`${folder}\\`)

/** @throws {Refusal} `install-refused`, `path-shared` */
const lasting = async (path: string, temporary: readonly string[]): Promise<string> => {
  const real = await realpath(path)
  if (/[/\\]_npx[/\\]/.test(real)) throw refuse(real, 'npx keeps it for a while alone; install the program')
  if (temporary.some((folder) => isBelow(real, folder))) throw refuse(real, 'what is there is temporary')
  await checkUnshared(real, 'the program')
  return real
}

/**
 * Tells how the program that runs is started again, later and by a service.
 * @throws {Refusal} `install-refused` where it will be gone by then, `path-shared` where others can write to it
 */
export const agentProgram = async ({
  executable,
  script,
  temporary,
}: RunningProgram): Promise<AgentService['program']> => {
  const folders = await Promise.all(temporary.map((folder) => realpath(folder).catch(() => folder)))
  const node = await lasting(executable, folders)
  return script === undefined ? [node] : [node, await lasting(script, folders)]
}
