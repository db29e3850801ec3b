import type { KeyProvider } from '../../lib/keys/signer.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { Actor } from '../../lib/tenant/actor.ts'
import type { AnchorStore } from '../../lib/authority/trusted/anchorStore.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import type { KeysWanted } from '../../lib/deployment/openKeys.ts'
import { type Options, readOptions, type Values, type Words } from './option.ts'
import type { Waiting } from './waitingTold.ts'

export interface CommandContext {
  /** The one word that is no option, where the command takes one; empty elsewhere. */
  readonly argument: string
  readonly asJson: boolean
  /** The file that describes the deployment. */
  readonly deploymentFile: string
  /** Tells how far a long command is, on standard error when somebody watches. */
  readonly progress: (text: string) => void
  /** Does something, and tells what is waited for once that takes over a second: on standard error when somebody watches. */
  readonly waiting: Waiting
  /** Tells what whoever reads the result has to know beside it: a line on standard error. */
  readonly notice: (text: string) => void
  /** Reads the deployment that `--deployment` names. @throws {Refusal} `deployment-unknown` */
  readonly deployment: () => Promise<Deployment>
  /** Opens tables that are written to only while their clock and that of this machine agree. */
  readonly openTables: (deployment: Deployment) => Tables
  /**
   * Checks, once something was read, that the clocks agree: before something is signed that would be refused later.
   * @throws {Refusal} `clock-differs`
   */
  readonly checkClock: () => void
  readonly openKeys: (deployment: Deployment, wanted: KeysWanted) => KeyProvider
  /** Holds what this machine knows of the authorities of a deployment, beside the file that describes it. */
  readonly openAnchors: (deployment: Deployment) => AnchorStore
  /** Asks whoever sits at the terminal; false when nobody can be asked. */
  readonly ask: (question: string) => Promise<boolean>
  readonly now: () => Date
  /** Waits, before the same is looked at again. */
  readonly wait: (milliseconds: number) => Promise<void>
  /** Who changes things in the deployment, for the record. @throws {Refusal} `sign-in-needed` */
  readonly actor: (deployment: Deployment) => Promise<Actor>
}

/** Tells what a command found or did: as a person reads it, and as a program does. */
export interface Outcome {
  readonly text: string
  readonly json: unknown
  /** Where it is not 0: the command did its work, and somebody has to look at what came of it. */
  readonly exitCode?: number
  /** Takes back what was done when its result did not arrive, such as a secret that is shown once. */
  readonly undo?: Undo
}

/** How a command is taken back. */
export interface Undo {
  readonly run: () => Promise<void>
  /** A sentence about what was taken back. */
  readonly done: string
  /** A sentence about what is left when that fails, and what to do. */
  readonly failed: string
}

/** Gives what a command finds little by little, already in the format that was asked for. */
export interface Stream {
  /** Pieces of text, with their line ends. Nothing more is read when nobody takes them any more. */
  readonly pieces: AsyncIterable<string>
}

/** Does the work of a command whose options were read. */
export type Run = (context: CommandContext) => Promise<Outcome | Stream>

/** Describes a command: parsing, help, completion and the manual come from it. */
interface Described<Own extends Options> {
  readonly name: string
  readonly summary: string
  readonly options: Own
  /** The name of the one argument without an option that the command takes, as its help shows it. */
  readonly argument?: string
  /** A paragraph below the options. */
  readonly notes?: string
  /**
   * Lists the options that variables of the environment stand in for, by those that were given by hand; all when left out. Others
   * are as if they were not set: what a machine is configured with for one purpose is no fault in another.
   */
  readonly takesVariablesFor?: (isGiven: (member: string) => boolean) => readonly string[]
}

/** One command of the CLI. */
export interface Command extends Described<Options> {
  /** Reads the options before anything else happens. @throws {Refusal} `usage-wrong` */
  readonly prepare: (words: Words) => Run
}

/** Makes a command, whose `run` gets its options as they were described. */
export const command = <Own extends Options>({
  run,
  ...described
}: Described<Own> & {
  readonly run: (values: Values<Own>, context: CommandContext) => Promise<Outcome | Stream>
}): Command => ({
  ...described,
  prepare(words) {
    const values = readOptions(described.options, words)
    return (context) => run(values, context)
  },
})
