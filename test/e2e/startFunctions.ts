import { fileURLToPath } from 'node:url'
import { type Program, startProgram } from './program.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Settings of the function app, by name. */
export type Settings = Readonly<Record<string, string>>

/** A functions host that runs as a process of its own. */
export interface RunningFunctions extends Program {
  readonly url: string
  /** Resolves once it serves. */
  readonly serving: Promise<void>
}

/** Starts the functions host alone on a port of this machine; does not wait until it serves. */
export const startFunctions = (port: number, settings: Settings): RunningFunctions => {
  const program = startProgram(process.execPath, ['test/e2e/functionsProcess.ts', String(port)], {
    cwd: root,
    env: { ...process.env, ...settings },
  })
  const serving = program.waitFor(/^Serving /m).then(() => undefined)
  // Whoever kills it before it serves does not wait for it.
  serving.catch(() => undefined)
  return { ...program, url: `http://127.0.0.1:${port}`, serving }
}
