import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type AnchorStore, anchorStore } from '../../lib/authority/trusted/anchorStore.ts'
import type { Outcome, Stream } from '../../cli/commandLine/command.ts'
import { type Deployment, deploymentFileOf, type LocalDeployment } from '../../lib/deployment/deployment.ts'
import { openDeploymentTables } from '../../lib/deployment/openDeploymentTables.ts'
import { openKeys } from '../../lib/deployment/openKeys.ts'
import { parseCommandLine } from '../../cli/commandLine/parseCommandLine.ts'
import { commands } from '../../cli/commands.ts'
import { tablesClock } from '../../lib/deployment/tablesClock.ts'
import type { KeyProvider } from '../../lib/keys/signer.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { tablesInMemory, testConnectionString } from '../azurite.ts'

/** When the commands of tests run. */
export const testTime = new Date('2026-03-02T10:00:00Z')

/** A deployment with the tables of this test file, and keys in this folder. */
export const testDeployment = (folder: string, changes: Partial<LocalDeployment> = {}): LocalDeployment => ({
  service: { url: 'http://127.0.0.1:9' },
  tables: { connectionString: testConnectionString() },
  keys: { folder: join(folder, 'keys') },
  ...changes,
})

/** The anchors of a deployment, in the folder where its file would be; those of a vault are this process's own. */
export const anchorsBeside = ({ keys }: Deployment): AnchorStore => {
  const { folder, vault } = keys
  const own = createHash('sha256').update(`${process.pid} ${vault?.rootUrl}`).digest('hex')
  return anchorStore(
    join(
      folder === undefined ? tmpdir() : dirname(folder),
      folder === undefined ? own : 'local.anchors.json',
    ),
  )
}

/** How a test runs a command. */
export interface RunOptions {
  readonly now?: Date | (() => Date)
  /** What whoever is asked answers. */
  readonly answer?: boolean | ((question: string) => Promise<boolean>)
  /** Comes between the command and its tables, or its keys. */
  readonly watchTables?: (tables: Tables) => Tables
  readonly watchKeys?: (keys: KeyProvider) => KeyProvider
  /** Whether the command holds its clock against that of the tables, as the program does. */
  readonly checksClock?: boolean
  /** Where the command finds its anchors, when not beside the keys of the deployment. */
  readonly anchors?: (deployment: Deployment) => AnchorStore
  /** The environment, as far as it stands in for options. */
  readonly variables?: Readonly<Record<string, string>>
  /** Gets what the command tells on standard error beside its result. */
  readonly notices?: string[]
  /** What happens while a command waits; nothing, and no time passes, when left out. */
  readonly wait?: (milliseconds: number) => Promise<void>
}

/** Begins a command that finds things little by little. @returns what it prints, piece by piece. */
export const openStream = async (...args: Parameters<typeof start>): Promise<AsyncIterable<string>> => {
  const outcome = await start(...args)
  if (!('pieces' in outcome)) throw new Error(`mayfly ${args[0].join(' ')} does not stream.`)
  return outcome.pieces
}

/** Runs a command that finds things little by little. @returns all it printed. */
export const runStream = async (...args: Parameters<typeof start>): Promise<string> =>
  text(await openStream(...args))

/** Runs a command in this process as `mayfly` does, for the user `tester@bench`. */
export const runCommand = async (...args: Parameters<typeof start>): Promise<Outcome> => {
  const outcome = await start(...args)
  if ('pieces' in outcome) throw new Error(`mayfly ${args[0].join(' ')} streams.`)
  return outcome
}

const start = async (
  args: readonly string[],
  deployment: Deployment | (() => Promise<Deployment>),
  options: RunOptions = {},
): Promise<Outcome | Stream> => {
  const { now = testTime, answer = false, watchTables, watchKeys, notices, variables = {} } = options
  const clock = options.checksClock ? tablesClock(() => (typeof now === 'function' ? now() : now)) : undefined
  const at = typeof now === 'function' ? now() : now
  const parsed = parseCommandLine(args, { commands, variables, now: at })
  if (parsed.kind === 'help') throw new Error(`mayfly ${args.join(' ')} asks for help.`)
  return parsed.run({
    argument: parsed.argument,
    asJson: parsed.asJson,
    deploymentFile: deploymentFileOf(parsed.deployment),
    progress: () => undefined,
    waiting: (_, act) => act(),
    notice: (line) => notices?.push(line),
    deployment: typeof deployment === 'function' ? deployment : () => Promise.resolve(deployment),
    openTables(target) {
      const tables = tablesInMemory(target.tables) ?? openDeploymentTables(target, clock)
      return watchTables?.(tables) ?? tables
    },
    openKeys(target, wanted) {
      const keys = openKeys(target, wanted)
      return watchKeys?.(keys) ?? keys
    },
    checkClock: () => clock?.check(),
    openAnchors: options.anchors ?? anchorsBeside,
    ask: (question) => (typeof answer === 'function' ? answer(question) : Promise.resolve(answer)),
    now: () => (typeof now === 'function' ? now() : now),
    wait: options.wait ?? (() => Promise.resolve()),
    actor: () => Promise.resolve({ kind: 'local', name: 'tester@bench' }),
  })
}
