import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LoadedFunction } from '../local/loadFunctions.ts'

/** An app as the host sees it once it is loaded. */
export interface LoadedApp {
  readonly functions: readonly LoadedFunction[]
  readonly milliseconds: number
}

const program = fileURLToPath(new URL('loadEntry.ts', import.meta.url))

/** Loads an entry for a role, in a process of its own without the settings of this one. */
export const loadAs = async (role: string, entry: string): Promise<LoadedApp> => {
  const { PATH, SystemRoot } = process.env
  const env = {
    MAYFLY_ROLE: role,
    MAYFLY_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true',
    MAYFLY_TELEMETRY: 'off',
    PATH,
    ...(SystemRoot ? { SystemRoot } : {}),
  }
  const { stdout } = await promisify(execFile)(process.execPath, [program, entry], { cwd: tmpdir(), env })
  return JSON.parse(stdout) as LoadedApp
}
