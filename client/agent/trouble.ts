import type { RefusalCode } from '../../lib/errors/catalogue.ts'
import { describeCause } from '../../lib/errors/describeCause.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import type { AgentEvent, AgentEventKind } from './agentEvent.ts'
import type { AgentWorld } from './agentWorld.ts'

/** What looking needs of what is around, whatever is looked at. */
export type LookingWorld = Pick<AgentWorld, 'now' | 'clock' | 'report'>

/** What does not work, and since when; RFC 3339. */
export interface TroubleError {
  readonly code: RefusalCode
  readonly detail: string
  readonly since: string
}

/** How a trouble is told. */
export interface TroubleKinds {
  readonly begun: AgentEventKind
  /** The kind and the sentence that tell its end; left out where the next event does. */
  readonly over?: { readonly kind: AgentEventKind; readonly text: string }
  readonly subject: string
  readonly facts?: AgentEvent['facts']
}

/** Something that may not work for a while: it is told when that begins or changes, and when it is over. */
export interface Trouble {
  /** Undefined while it works. */
  readonly error: TroubleError | undefined
  /** Takes over what was told before. */
  resume(error: TroubleError | undefined): void
  begin(fault: unknown): void
  end(): void
}

/** Makes the memory of a trouble. */
export const openTrouble = (world: LookingWorld, kinds: TroubleKinds): Trouble => {
  const { subject, facts = {} } = kinds
  let error: TroubleError | undefined
  return {
    get error() {
      return error
    },
    resume(before) {
      error = before
    },
    begin(fault) {
      const { code, detail } =
        fault instanceof Refusal
          ? fault
          : { code: 'fault' as const, detail: `Cannot look: ${describeCause(fault)}.` }
      const isTold = error?.detail === detail
      error = { code, detail, since: error?.since ?? rfc3339(world.now()) }
      if (!isTold)
        world.report({ kind: kinds.begun, level: 'error', subject, text: detail, facts: { ...facts, code } })
    },
    end() {
      if (error && kinds.over)
        world.report({ ...kinds.over, level: 'info', subject, facts: { ...facts, since: error.since } })
      error = undefined
    },
  }
}
