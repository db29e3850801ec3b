import type { ParseArgsConfig } from 'node:util'
import type { KeyProvider } from '../lib/keys/signer.ts'
import type { Tables } from '../lib/store/tables.ts'
import type { Deployment } from './deployment.ts'
import type { KeysWanted } from './openKeys.ts'

/** The values of a command's options, as parseArgs reads them. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>

/** What a command works with. */
export interface CommandContext {
  readonly values: OptionValues
  /** Reads the deployment that `--deployment` names. @throws {Refusal} `deployment-unknown` */
  readonly deployment: () => Promise<Deployment>
  readonly openTables: (deployment: Deployment) => Tables
  readonly openKeys: (deployment: Deployment, wanted: KeysWanted) => KeyProvider
  /** Asks whoever sits at the terminal; false when nobody can be asked. */
  readonly ask: (question: string) => Promise<boolean>
  readonly now: () => Date
  /** Who changes things, for the record. */
  readonly user: string
}

/** What a command found or did: as a person reads it, and as a program does. */
export interface Outcome {
  readonly text: string
  readonly json: unknown
}

/** One command of the CLI. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** The lines of its help below the name. */
  readonly help: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  readonly run: (context: CommandContext) => Promise<Outcome>
}
