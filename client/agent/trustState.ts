import { readFile } from 'node:fs/promises'
import type { RefusalCode } from '../../lib/errors/catalogue.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { trustFiles } from '../trustFiles.ts'

/** What went wrong, since when, and when last. */
export interface TrustError {
  readonly code: RefusalCode
  readonly detail: string
  readonly since: string
  readonly at: string
}

/** What is known of a mirror or of the service. */
export interface PlaceState {
  readonly name: string
  /** The sequence that it served last. */
  readonly sequence?: number | undefined
  /** Since when it has been behind what is installed, or what the service says is in force. */
  readonly behindSince?: string | undefined
  readonly lastError?: TrustError | undefined
}

/** How the hook ended when it was run last. */
export interface HookState {
  readonly isLoaded: boolean
  /** The sequence of the bundle that it was run for. */
  readonly sequence: number
  readonly at: string
  /** Since when it has been failing, and how often. */
  readonly since?: string | undefined
  readonly failures: number
  readonly why?: string | undefined
  /** Whether servers have the files of the bundle that they loaded last; if not, the new ones are in place. */
  readonly isPutBack: boolean
}

/** What is remembered of a trust bundle, in `sync.json` beside it. Times are RFC 3339. Nothing is verified with it. */
export interface TrustState {
  readonly version: 1
  readonly tenant: string
  /** Of the installed bundle, of the files that servers read, and of the one that servers loaded last. */
  readonly sequence?: number | undefined
  readonly servedSequence?: number | undefined
  readonly loadedSequence?: number | undefined
  readonly issuedAt?: string | undefined
  readonly nextActivation?: string | undefined
  /** When a place last answered with the installed bundle or a later one: its age counts from here. */
  readonly confirmedAt?: string | undefined
  /** The bundle in force, by the service's last word. */
  readonly currentSequence?: number | undefined
  readonly reported?: { readonly sequence: number; readonly at: string } | undefined
  readonly places: readonly PlaceState[]
  readonly hook?: HookState | undefined
  /** Why the last look was not all that it should have been. */
  readonly lastError?: TrustError | undefined
  /** Looks in a row that ended with an error. */
  readonly failures: number
  /** Nothing is to be done before. */
  readonly nextAt: string
}

const none = (tenant: string): TrustState => ({
  version: 1,
  tenant,
  places: [],
  failures: 0,
  nextAt: new Date(0).toISOString(),
})

const isState = (value: unknown, tenant: string): value is TrustState => {
  const { version, tenant: of, places } = (value ?? {}) as Partial<Record<keyof TrustState, unknown>>
  return version === 1 && of === tenant && Array.isArray(places)
}

/** Reads the state of a bundle. What cannot be read counts as nothing: it costs one request. */
export const readTrustState = async (folder: string, tenant: string): Promise<TrustState> => {
  try {
    const value: unknown = JSON.parse(await readFile(trustFiles(folder).state, 'utf8'))
    return isState(value, tenant) ? value : none(tenant)
  } catch {
    return none(tenant)
  }
}

/** Writes the state of a bundle, which whoever may see the bundle may see. */
export const writeTrustState = (folder: string, state: TrustState): Promise<void> =>
  replaceFile(trustFiles(folder).state, `${JSON.stringify(state, undefined, 2)}\n`, 0o644)
