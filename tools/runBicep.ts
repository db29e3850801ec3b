import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const name = process.platform === 'win32' ? 'bicep.exe' : 'bicep'

/** Microsoft's Bicep compiler: on the path, or where `az bicep install` and `azd` put it. */
export const findBicep = (): string | undefined =>
  [
    ...(process.env['PATH'] ?? '').split(delimiter),
    join(homedir(), '.azure', 'bin'),
    join(homedir(), '.azd', 'bin'),
  ]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file))

/** What the compiler said. */
export interface BicepRun {
  readonly stdout: string
  /** Errors and warnings, one a line. */
  readonly diagnostics: readonly string[]
  readonly isDone: boolean
}

/** Runs the compiler. @param args its command and the files. */
export const runBicep = (bicep: string, args: readonly string[]): BicepRun => {
  const { status, stdout, stderr, error } = spawnSync(bicep, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error) throw new Error(`Cannot run ${bicep}.`, { cause: error })
  const lines = stderr.split(/\r?\n/).filter((line) => line.trim() !== '')
  // One that ends badly and says nothing has said that.
  const diagnostics = status === 0 || lines.length > 0 ? lines : [`bicep ended with ${status}.`]
  return { stdout, diagnostics, isDone: status === 0 }
}
