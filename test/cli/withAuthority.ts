import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome } from '../../cli/commandLine/command.ts'
import type { LocalDeployment } from '../../lib/deployment/deployment.ts'
import { tablesOfFile } from '../azurite.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import type { Members } from '../tenants.ts'
import { runCommand, testDeployment, testTime } from './runCommand.ts'
import { testDocument } from './testDocument.ts'

/** How a command of a test is run. */
export interface RunOptions {
  /** Milliseconds after the start. */
  readonly after?: number
  /** What whoever is asked answers. */
  readonly answer?: boolean
}

/** A tenant of its own with an authority, for tests of the commands. */
export interface AuthorityBench {
  readonly tenant: string
  readonly folder: string
  readonly deployment: LocalDeployment
  /** Runs a command for the tenant. */
  readonly run: (words: string, ...rest: readonly (string | RunOptions)[]) => Promise<Outcome>
  /** The names of the key files, sorted. */
  keyFiles(): Promise<readonly string[]>
  /** Every row of the authority and of its relying parties, with their versions. */
  rows(): Promise<readonly unknown[]>
}

export const second = 1_000
export const day = 86_400_000
/** How long a generation waits in the bundle unless the tenant says otherwise. */
export const window = 7 * day

/** Applies a tenant and makes its authority. */
export const withAuthority = async (document: Members = {}, start = testTime): Promise<AuthorityBench> => {
  const folder = await temporaryFolder()
  const deployment = testDeployment(folder)
  const applied = testDocument(document)
  const { tenant } = applied
  const file = join(folder, 'tenant.json')
  await writeFile(file, JSON.stringify(applied))
  await runCommand(['tenant', 'apply', '-f', file], deployment)
  const tables = tablesOfFile()
  const bench: AuthorityBench = {
    tenant,
    folder,
    deployment,
    run: (words, ...rest) => {
      const options = rest.filter((one) => typeof one === 'string')
      const [{ after = 0, answer = false } = {}] = rest.filter((one) => typeof one !== 'string')
      const now = new Date(start.getTime() + after)
      return runCommand([...words.split(' '), '--tenant', tenant, ...options], deployment, { now, answer })
    },
    keyFiles: async () => (await readdir(join(folder, 'keys'))).toSorted(),
    rows: async () => [
      ...(await tables.list('authorities', tenant)),
      ...(await tables.list('relyingParties', tenant)),
    ],
  }
  await bench.run('authority init')
  return bench
}

/** The lines of a text that are wider than 80 columns, but for what must be copied whole. */
export const tooWide = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line.length > 80)

/** Runs what may change nothing, and ends well. @returns what it came to. */
export const changingNothing = async <T>(bench: AuthorityBench, act: () => Promise<T>): Promise<T> => {
  const state = async () => JSON.stringify([await bench.rows(), await bench.keyFiles()])
  const before = await state()
  const result = await act()
  if ((await state()) === before) return result
  throw new Error('Something was changed.')
}
