import { agentEvents } from './agentEvents.ts'

/** The kinds of events. */
export type AgentEventKind = keyof typeof agentEvents

/** From what is told of everything to what is told of faults alone. */
export const eventLevels = ['info', 'warning', 'error'] as const

export type EventLevel = (typeof eventLevels)[number]

/** What happened, for the log: never a token, a key or a secret. */
export interface AgentEvent {
  readonly kind: AgentEventKind
  readonly level: EventLevel
  /** The folder of the credential or of the bundle that it is about; left out for the agent itself. */
  readonly subject?: string
  /** One sentence for people. */
  readonly text: string
  /** For programs; times as RFC 3339. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>
}

/** Writes an event as one line of JSON, without its end. */
export const eventLine = ({ kind, level, subject, text, facts = {} }: AgentEvent, at: Date): string =>
  JSON.stringify({
    time: at.toISOString(),
    level,
    id: agentEvents[kind].id,
    event: kind,
    ...(subject === undefined ? {} : { subject }),
    text,
    ...facts,
  })
