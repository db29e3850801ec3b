import { fileURLToPath } from 'node:url'
import { type ServerProcess, startServerProcess } from './startServerProcess.ts'
import { thisCheckout } from './startMayfly.ts'

/** What node:http alone is to do. */
export interface BareWork {
  /** Milliseconds a POST waits, as for a signature, before it inserts a row. */
  readonly signMilliseconds?: number
  /** URL of the table that a POST inserts into. */
  readonly table?: string
  /** What a GET is answered beside 304. */
  readonly notModified?: Readonly<Record<string, string>>
}

const program = fileURLToPath(new URL('bareServer.ts', import.meta.url))

/** Starts node:http with next to nothing behind it: what no server on this machine can do without. */
export const startBare = (work: BareWork): Promise<ServerProcess> =>
  startServerProcess({ program, args: [JSON.stringify(work)], root: thisCheckout })
