/** The kinds of events, as their lines call them. Lines are for programs: a kind never changes its meaning. */
export type AgentEventKind =
  | 'started'
  | 'reloaded'
  | 'stopped'
  | 'waiting'
  | 'renewed'
  | 'refused'
  | 'failed'
  | 'ended'
  | 'clock-jumped'
  | 'clock-differs'
  | 'network-changed'
  | 'hook-ran'
  | 'hook-failed'
  | 'trust-changed'
  | 'trust-current'
  | 'trust-failed'
  | 'trust-frozen'
  | 'trust-loaded'
  | 'trust-not-loaded'
  | 'trust-adopted'
  | 'session-ended'
  | 'session-not-ended'
  | 'sessions-unknown'
  | 'sessions-known'
  | 'issuers-unknown'
  | 'issuers-known'
  | 'drops-changed'
  | 'drops-failed'
  | 'drops-stale'
  | 'drops-current'

/** What happened, for the log: never a token, a key or a secret. */
export interface AgentEvent {
  readonly kind: AgentEventKind
  readonly level: 'info' | 'warning' | 'error'
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
    event: kind,
    ...(subject === undefined ? {} : { subject }),
    text,
    ...facts,
  })
