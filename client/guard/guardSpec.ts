import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { Drops } from '../drops/openDrops.ts'
import type { VpnServer } from './vpnServer.ts'

/** The sessions of which servers are guarded, and by what. */
export interface GuardSpec {
  /** That of the trust bundle, which holds the files of the guard as well: how events call it. */
  readonly folder: string
  readonly tenant: string
  /** How long a certificate of the tenant lives at the most. */
  readonly lifetimeSeconds: number
  readonly servers: readonly VpnServer[]
  /** Undefined without a relying party: whom an administrator stops is not known then. */
  readonly drops: Drops | undefined
}

/** The files of a guard, beside the trust bundle. */
export const guardFiles = (folder: string) =>
  ({
    /** What is remembered of the last look, for people. */
    state: join(folder, 'guard.json'),
    /** The drop list, across restarts. */
    drops: join(folder, 'drops.json'),
    /** Whom a server is not to let in, for the programs that it asks. */
    stopped: join(folder, 'stopped'),
    /** A folder with the certificates of the sessions of one server, across restarts. */
    sessionsOf: (socket: string) => join(folder, 'sessions', hash('sha256', socket).slice(0, 16)),
  }) as const

/** How often sessions are looked at. */
export const lookMilliseconds = 5_000
