import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { installFunctionsCore } from '../local/functionsCore.ts'
import { type LoadedFunction, loadFunctions } from '../local/loadFunctions.ts'

/** An app as the host sees it once it is loaded. */
export interface LoadedApp {
  readonly functions: readonly LoadedFunction[]
  readonly milliseconds: number
}

const program = fileURLToPath(import.meta.url)

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

// As a program: loads the entry that the first argument names as the Functions worker does, and prints what it registers.
if (process.argv[1] === program) {
  const { registry } = installFunctionsCore({ log: () => undefined })
  const startedAt = performance.now()
  const functions = await loadFunctions(registry, pathToFileURL(process.argv[2] ?? ''))
  const milliseconds = Math.round(performance.now() - startedAt)
  // What the app holds open must not keep the process.
  process.stdout.write(`${JSON.stringify({ functions, milliseconds })}\n`, () => process.exit())
}
