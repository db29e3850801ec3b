import type { AgentEvent } from './agentEvent.ts'

/** Reaches what is around an agent; tests have their own. Only cli/ makes one of the machine. */
export interface AgentWorld {
  /** The time by the clock of the machine, which people and programs may set. */
  now(): Date
  /** Milliseconds by a clock that nobody sets; it may stand still while the machine sleeps. */
  clock(): number
  /** When the machine was started, by its clock as that is now; undefined where it does not tell. */
  startedAt(): Date | undefined
  /** A random number from 0 up to but not including 1. */
  chance(): number
  /** Waits; the signal ends that early. Never rejects. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>
  /** Tells the networks that the machine has addresses in, in a text that differs when they do. */
  network(): string
  /** That of the process: programs are started with it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Writes an event to the log. */
  report(event: AgentEvent): void
}
