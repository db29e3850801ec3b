import type { ServerSettings } from '../recipe.ts'
import type { Directive } from './directive.ts'

/** What an installed configuration is held to. */
export interface Expected {
  readonly settings: ServerSettings
  /** Names of the issuers of the bundle in force: `issuer~0001`. */
  readonly issuers: readonly string[]
}

/** What is wrong with a configuration, in words. */
export interface Fault {
  readonly finding: string
  /** What happens because of it. */
  readonly why: string
  readonly remedy: string
}

/** One row of what a server is held to. */
export interface Rule extends Fault {
  readonly isBroken: (installed: readonly Directive[], expected: Expected) => boolean
}
