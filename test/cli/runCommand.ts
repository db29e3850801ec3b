import { join } from 'node:path'
import type { Outcome } from '../../cli/command.ts'
import type { Deployment } from '../../cli/deployment.ts'
import { openKeys } from '../../cli/openKeys.ts'
import { parseCommandLine } from '../../cli/parseCommandLine.ts'
import type { KeyProvider } from '../../lib/keys/signer.ts'
import { openTables, type Tables } from '../../lib/store/tables.ts'
import { testConnectionString } from '../azurite.ts'

/** When the commands of tests run. */
export const testTime = new Date('2026-03-02T10:00:00Z')

/** A deployment with the tables of this test file, and keys in this folder. */
export const testDeployment = (folder: string, changes: Partial<Deployment> = {}): Deployment => ({
  service: { url: 'http://127.0.0.1:9' },
  tables: { connectionString: testConnectionString() },
  keys: { folder: join(folder, 'keys') },
  ...changes,
})

/** How a test runs a command. */
export interface RunOptions {
  readonly now?: Date | (() => Date)
  /** What whoever is asked answers. */
  readonly answer?: boolean | (() => Promise<boolean>)
  /** Comes between the command and its tables, or its keys. */
  readonly watchTables?: (tables: Tables) => Tables
  readonly watchKeys?: (keys: KeyProvider) => KeyProvider
}

/** Runs a command in this process as `mayfly` does, for the user `tester@bench`. */
export const runCommand = async (
  args: readonly string[],
  deployment: Deployment | (() => Promise<Deployment>),
  options: RunOptions = {},
): Promise<Outcome> => {
  const { now = testTime, answer = false, watchTables, watchKeys } = options
  const parsed = parseCommandLine(args)
  if (parsed.kind === 'help') throw new Error(`mayfly ${args.join(' ')} asks for help.`)
  return parsed.command.run({
    values: parsed.values,
    deployment: typeof deployment === 'function' ? deployment : () => Promise.resolve(deployment),
    openTables({ tables: { connectionString } }) {
      const tables = openTables({ kind: 'connectionString', connectionString })
      return watchTables?.(tables) ?? tables
    },
    openKeys(target, wanted) {
      const keys = openKeys(target, wanted)
      return watchKeys?.(keys) ?? keys
    },
    ask: () => (typeof answer === 'function' ? answer() : Promise.resolve(answer)),
    now: () => (typeof now === 'function' ? now() : now),
    user: 'tester@bench',
  })
}
