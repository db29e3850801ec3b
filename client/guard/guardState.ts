import { readFile } from 'node:fs/promises'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import type { TroubleError } from '../agent/trouble.ts'
import { guardFiles } from './guardSpec.ts'

/** What is known of a server by the last look at its sessions. */
export interface GuardedServer {
  readonly name: string
  /** Undefined where it did not tell. */
  readonly sessions?: number | undefined
  /** Since the guard started. */
  readonly ended: number
  readonly error?: TroubleError | undefined
}

/** What is remembered of a guard, in `guard.json` beside the bundle. Times are RFC 3339. */
export interface GuardState {
  readonly version: 1
  readonly tenant: string
  /** When sessions were looked at last. */
  readonly at: string
  readonly servers: readonly GuardedServer[]
  /** The drop list that is obeyed; undefined where none is known. */
  readonly drops?: { readonly sequence: number; readonly confirmedAt: string } | undefined
  /** Whether one is asked for. */
  readonly hasDrops: boolean
  readonly dropsError?: TroubleError | undefined
  /** Until when the service asked not to be asked. */
  readonly dropsAskAfter?: string | undefined
  readonly issuersError?: TroubleError | undefined
  /** Why the list of who is stopped is not written for the programs of the server. */
  readonly stoppedError?: TroubleError | undefined
}

const isState = (value: unknown, tenant: string): value is GuardState => {
  const { version, tenant: of, at, servers } = (value ?? {}) as Partial<Record<keyof GuardState, unknown>>
  return version === 1 && of === tenant && Array.isArray(servers) && !Number.isNaN(Date.parse(String(at)))
}

/** Reads what a guard remembered; undefined where there is none, or it cannot be read. */
export const readGuardState = async (folder: string, tenant: string): Promise<GuardState | undefined> => {
  try {
    const value: unknown = JSON.parse(await readFile(guardFiles(folder).state, 'utf8'))
    return isState(value, tenant) ? value : undefined
  } catch {
    return undefined
  }
}

/** Writes it, for whoever may see the bundle: it names no user. */
export const writeGuardState = (folder: string, state: GuardState): Promise<void> =>
  replaceFile(guardFiles(folder).state, `${JSON.stringify(state, undefined, 2)}\n`, 0o644)
