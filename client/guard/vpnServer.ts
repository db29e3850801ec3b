import type { End } from './decideEnds.ts'
import type { Session } from './session.ts'

/** What became of a session that was to end. */
export type EndOutcome =
  | { readonly kind: 'ended' }
  /** It was over before. */
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly why: string }

/** A VPN server whose sessions can be listed and ended. It is talked to by one caller at a time. */
export interface VpnServer {
  /** For events: the program, and what it is reached by. */
  readonly name: string
  /**
   * Lists the sessions there are.
   * @throws {Refusal} `sessions-unknown` for a server that does not answer in time or in its own language, `path-shared`
   */
  sessions(signal: AbortSignal): Promise<readonly Session[]>
  /**
   * Ends sessions of the last list by their ids, after another look that each still is what it was: ids of a server that was
   * restarted meanwhile are those of others.
   * @returns what became of each, in their order.
   * @throws {Refusal} as sessions() does
   */
  end(ends: readonly End[], signal: AbortSignal): Promise<readonly EndOutcome[]>
}

/** How long a server may take to answer. */
export const answerMilliseconds = 10_000
