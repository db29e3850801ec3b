import { join } from 'node:path'
import type { Outcome } from '../../cli/command.ts'
import type { Deployment } from '../../cli/deployment.ts'
import { parseCommandLine } from '../../cli/parseCommandLine.ts'
import { localKeys } from '../../lib/keys/local.ts'
import { openTables } from '../../lib/store/tables.ts'
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

/** Runs a command in this process as `mayfly` does, at `testTime`, for the user `tester@bench`. */
export const runCommand = async (
  args: readonly string[],
  deployment: Deployment | (() => Promise<Deployment>),
): Promise<Outcome> => {
  const parsed = parseCommandLine(args)
  if (parsed.kind === 'help') throw new Error(`mayfly ${args.join(' ')} asks for help.`)
  return parsed.command.run({
    values: parsed.values,
    deployment: typeof deployment === 'function' ? deployment : () => Promise.resolve(deployment),
    openTables: ({ tables }) =>
      openTables({ kind: 'connectionString', connectionString: tables.connectionString }),
    openKeys: ({ keys }) => localKeys(keys.folder),
    now: () => testTime,
    user: 'tester@bench',
  })
}
