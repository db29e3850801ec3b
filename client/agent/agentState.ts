import type { RefusalCode } from '../../lib/errors/catalogue.ts'

/** Why there is no newer certificate. */
export interface LastError {
  readonly code: RefusalCode
  readonly detail: string
  /** What to do about it. */
  readonly remedy: string
  /** Whether trying again helps nothing until somebody did something. */
  readonly isRefusal: boolean
  /** RFC 3339: of the first attempt with this code, and of the last one. */
  readonly since: string
  readonly at: string
}

/** A hook that is still to succeed, with the facts it is told. */
export interface DueHook {
  readonly hook: 'renew' | 'refused'
  readonly facts: Readonly<Record<string, string>>
}

/** What an agent remembers of a credential, in `agent.json` (0600) beside it. Times are RFC 3339, by the service's clock. */
export interface AgentState {
  readonly version: 1
  /** The certificate that the rest is about, lower-case hex; undefined before the first. */
  readonly serialNumber?: string | undefined
  readonly notBefore?: string | undefined
  readonly notAfter?: string | undefined
  /** The tenant and the service (base URL) that it was got of; undefined where somebody else put it there. */
  readonly tenant?: string | undefined
  readonly url?: string | undefined
  /** The moment of the renewal window, chosen once. */
  readonly renewAt?: string | undefined
  /** How far the clock of the service is ahead of that of this machine. */
  readonly clockAheadSeconds: number
  /** When the machine was started, by its clock when that was learned: another moment tells that it may be so no more. */
  readonly machineStartedAt?: string | undefined
  /** Attempts since the last certificate. */
  readonly failures: number
  /** Nothing is sent before, unless something changed. */
  readonly retryAt?: string | undefined
  /** Nothing is sent before, whatever changes: the service said so. */
  readonly askedUntil?: string | undefined
  readonly lastError?: LastError | undefined
  /** Hooks that are still to succeed, one of a kind at the most. */
  readonly hooksDue?: readonly DueHook[] | undefined
  /** Why a hook did not, when it was run last. */
  readonly hookError?: string | undefined
}

/** What is known before anything happened. */
export const noState: AgentState = { version: 1, clockAheadSeconds: 0, failures: 0 }

/** Keeps the state of one credential. */
export interface StateFile {
  /** What cannot be read counts as nothing: it costs one request. */
  read(): Promise<AgentState>
  write(state: AgentState): Promise<void>
}
